import {
  createClient,
  createCluster,
  RESP_TYPES,
  type RedisArgument,
  type RedisClientOptions,
} from '@redis/client';

export type Argument = RedisArgument;
export type Listener = (message: Buffer) => void;

/** The connections to one Redis, or to a cluster: they come back by themselves. */
export interface Connections {
  /** False while commands would be refused for want of a connection. */
  isReady(): boolean;
  /** Sends a command to whoever keeps `key`. Text is given back as bytes. */
  send(key: string, command: readonly Argument[]): Promise<unknown>;
  subscribe(channel: string, listener: Listener): Promise<void>;
  /** Of the same listener. Whoever subscribes to the channel meanwhile is not affected. */
  unsubscribe(channel: string, listener: Listener): Promise<void>;
  /** Ends the connections, and makes others: its address may lead elsewhere by now. */
  renew(): void;
  close(): void;
}

export interface ConnectionEvents {
  onReady(): void;
  /** Messages may have been lost; from now on none are until the next call. */
  onSubscribed(): void;
  onError(error: Error): void;
}

export interface ConnectOptions extends ConnectionEvents {
  readonly url: string;
  /** A connection that says nothing for so long is given up. */
  readonly silenceMs: number;
}

const MOST_RECONNECT_MS = 500;
const POLL_MS = 20;
const asBytes = { typeMapping: { [RESP_TYPES.BLOB_STRING]: Buffer } } as const;

/**
 * Connects to what answers at the URL, and finds out whether it is a cluster.
 *
 * @returns undefined where nothing answers within `silenceMs`
 */
export async function connect(options: ConnectOptions): Promise<Connections | undefined> {
  const given = settingsOf(options);
  const client = createClient({ ...given, url: options.url });
  const subscriber = client.duplicate();
  for (const one of [client, subscriber]) one.on('error', options.onError);
  // What is sent meanwhile would be lost.
  let isRenewing = false;
  client.on('ready', () => {
    isRenewing = false;
    options.onReady();
  });
  const close = () => {
    for (const one of [client, subscriber]) if (one.isOpen) one.destroy();
  };
  const comes = async (one: typeof client) => {
    one.connect().catch(() => {});
    for (let waited = 0; !one.isReady && waited < options.silenceMs; waited += POLL_MS)
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    return one.isReady;
  };
  try {
    if (await comes(client)) {
      const isCluster = String(await client.sendCommand(['INFO', 'cluster'])).includes('cluster_enabled:1');
      if (isCluster) {
        close();
        return await connectCluster(options);
      }
      if (await comes(subscriber)) {
        subscriber.on('ready', options.onSubscribed);
        return {
          isReady: () => client.isReady && !isRenewing,
          send: (_key, command) => client.sendCommand(command, asBytes),
          ...subscriptions(subscriber),
          // The server ends them, and they come back as from any break. What was sent before is answered before.
          renew: () => {
            isRenewing = true;
            for (const one of [client, subscriber])
              if (one.isReady) one.sendCommand(['QUIT']).catch(() => {});
          },
          close,
        };
      }
    }
  } catch (error) {
    close();
    throw error;
  }
  close();
  return undefined;
}

async function connectCluster(options: ConnectOptions): Promise<Connections> {
  const { username, password, protocol } = new URL(options.url);
  const { socket, ...given } = settingsOf(options);
  const cluster = createCluster({
    rootNodes: [{ ...given, socket, url: options.url }],
    defaults: {
      ...given,
      socket: protocol === 'rediss:' ? { ...socket, tls: true } : socket,
      ...(username === '' ? {} : { username: decodeURIComponent(username) }),
      ...(password === '' ? {} : { password: decodeURIComponent(password) }),
    },
  });
  cluster.on('error', options.onError);
  cluster.on('node-error', options.onError);
  // Those that subscribe are among them.
  cluster.on('node-ready', () => {
    options.onReady();
    options.onSubscribed();
  });
  await cluster.connect();
  return {
    isReady: () => cluster.isOpen,
    send: (key, command) => cluster.sendCommand(key, false, [...command], asBytes),
    ...subscriptions(cluster),
    // It finds by itself who keeps what.
    renew() {},
    close: () => cluster.destroy(),
  };
}

/** What can subscribe. */
interface Subscriber {
  sSubscribe(channel: string, listener: Listener, asBytes: true): Promise<unknown>;
  sUnsubscribe(channel: string, listener: Listener, asBytes: true): Promise<unknown> | undefined;
}

function subscriptions(subscriber: Subscriber): Pick<Connections, 'subscribe' | 'unsubscribe'> {
  /** By channel, until they have come to an end. */
  const underWay = new Map<string, Promise<void>>();
  return {
    async subscribe(channel, listener) {
      const subscribed = subscriber.sSubscribe(channel, listener, true);
      const all = Promise.allSettled([underWay.get(channel), subscribed]).then(() => {
        if (underWay.get(channel) === all) underWay.delete(channel);
      });
      underWay.set(channel, all);
      await subscribed;
    },
    async unsubscribe(channel, listener) {
      // Behind one that is under way it would end that, too.
      while (underWay.has(channel)) await underWay.get(channel);
      await subscriber.sUnsubscribe(channel, listener, true);
    },
  };
}

function settingsOf({ silenceMs }: ConnectOptions) {
  return {
    // What cannot be sent now is decided on here, and not queued where nobody can tell whether it was sent.
    disableOfflineQueue: true,
    // Each command would cost an AbortSignal of its own, for what its caller bounds anyway.
    commandOptions: { timeout: 0 },
    pingInterval: Math.max(100, Math.round(silenceMs / 4)),
    socket: {
      connectTimeout: silenceMs,
      socketTimeout: silenceMs,
      reconnectStrategy: (retries: number) =>
        Math.min(MOST_RECONNECT_MS, 20 * 2 ** Math.min(retries, 10)) * (0.5 + Math.random() / 2),
    },
  } satisfies RedisClientOptions;
}
