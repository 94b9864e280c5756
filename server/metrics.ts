import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import type { Session } from './dispatch/session.ts';
import { type Tallies, type Tally, talliesBy, tally } from './tally.ts';
import type { Handshake } from './transport/connection.ts';
import { packageVersion } from './version.ts';

/** What `/metrics` shows (Prometheus text format 0.0.4). Durations are in seconds, as is the custom there. */
export interface Metrics {
  readonly messagesReceived: Tallies;
  readonly messagesSent: Tallies;
  readonly bytesReceived: Tally;
  readonly framesSent: Tally;
  readonly bytesSent: Tally;
  readonly errors: Counter<'code'>;
  readonly closes: Counter<'code'>;
  readonly rateLimited: Counter;
  readonly lagged: Counter;
  readonly resynced: Counter;
  readonly tick: Histogram;
  readonly append: Histogram;
  readonly appendedEntries: Counter;
  readonly heardEntries: Counter;
  readonly missed: Counter;
  readonly analyticsEvents: Counter;
  readonly authorizations: Counter<'outcome'>;
  readonly webhooks: Counter<'outcome'>;
  readonly webhookBytes: Gauge;
  readonly suspicious: Counter<'kind'>;
  readonly httpRequests: Counter<'route' | 'status'>;
  readonly nodeQuestions: Counter<'subject' | 'outcome'>;
  render(): Promise<string>;
}

/** What a connection is counted as. */
interface Counted {
  readonly transport: string;
  readonly dialect: string;
}

let registryOfProcess: Registry | undefined;

/** What is known of the process: gathered once, for nothing of it ever ends, and shown by all servers in it. */
function processRegistry(): Registry {
  if (registryOfProcess === undefined) {
    registryOfProcess = new Registry();
    // Also the event-loop delay, as nodejs_eventloop_lag_*: that since somebody asked last.
    collectDefaultMetrics({ register: registryOfProcess });
  }
  return registryOfProcess;
}

/** @param read what is known only at the moment of asking */
export function createMetrics(read: {
  connections(): Iterable<Counted>;
  rooms(): number;
  members(): number;
  lagging(): number;
  bufferedBytes(): number;
  waitingEntries(): number;
  isWritable(): boolean;
  nodes(): number;
  nodeId: string;
}): Metrics {
  const registry = new Registry();
  const shown = [processRegistry(), registry];
  const registers = [registry];
  const counter = <T extends string>(name: string, help: string, ...labelNames: T[]) =>
    new Counter({ name: `tandem_${name}`, help, labelNames, registers });
  const described = (name: string, help: string) => ({ name: `tandem_${name}`, help, registers });
  const gauge = (name: string, help: string, value: () => number) =>
    new Gauge({
      name: `tandem_${name}`,
      help,
      registers,
      collect() {
        this.set(value());
      },
    });
  const histogram = (name: string, help: string) =>
    new Histogram({
      name: `tandem_${name}`,
      help,
      registers,
      buckets: [0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.5, 1, 5],
    });
  gauge('rooms', 'Rooms in memory', read.rooms);
  gauge('members', 'Users in rooms, once for each room', read.members);
  gauge('lagging_connections', 'Connections over the bound of their outbound buffer', read.lagging);
  gauge('buffered_bytes', 'Outbound bytes that wait in this process for their receivers', read.bufferedBytes);
  gauge('waiting_entries', 'Entries that are not durable yet', read.waitingEntries);
  gauge('log_writable', '1 while the log can be written: its disk has room, Redis answers', () =>
    Number(read.isWritable()),
  );
  gauge('nodes', 'Nodes that share the store, as far as this one knows, itself included', read.nodes);
  new Gauge({
    name: 'tandem_node_info',
    help: 'Always 1; which node this is, as entries and others name it',
    labelNames: ['node', 'version'],
    registers,
  }).set({ node: read.nodeId, version: packageVersion() }, 1);
  // What was there once stays, as 0.
  const counts = new Map<string, number>();
  new Gauge({
    name: 'tandem_connections',
    help: 'Open connections',
    labelNames: ['transport', 'dialect'],
    registers,
    collect() {
      for (const kind of counts.keys()) counts.set(kind, 0);
      for (const { transport, dialect } of read.connections()) {
        const kind = `${transport} ${dialect}`;
        counts.set(kind, (counts.get(kind) ?? 0) + 1);
      }
      for (const [kind, count] of counts) {
        const [transport = '', dialect = ''] = kind.split(' ');
        this.set({ transport, dialect }, count);
      }
    },
  });
  return {
    messagesReceived: talliesBy('type', described('messages_received_total', 'Messages from clients')),
    messagesSent: talliesBy(
      'type',
      described('messages_sent_total', 'Messages rendered; one for a whole room counts once'),
    ),
    bytesReceived: tally(described('bytes_received_total', 'Bytes of messages from clients')),
    framesSent: tally(
      described('frames_sent_total', 'Frames handed to the transport; one published to many counts once'),
    ),
    bytesSent: tally(described('bytes_sent_total', 'Characters of those frames')),
    errors: counter('errors_total', 'Messages that were refused', 'code'),
    closes: counter('closes_total', 'Connections that the server closed', 'code'),
    rateLimited: counter('rate_limited_total', 'Messages over the rate limit'),
    lagged: counter('lagged_total', 'Times that a connection fell behind and its traffic was dropped'),
    resynced: counter('resynced_total', 'Times that a lagging connection was brought up to date'),
    tick: histogram('tick_seconds', 'Time of a flush'),
    append: histogram('append_seconds', 'Time until a batch was durable'),
    appendedEntries: counter('appended_entries_total', 'Entries that this node appended to logs'),
    heardEntries: counter('heard_entries_total', 'Entries that other nodes appended to rooms open here'),
    missed: counter('missed_total', 'Times that this node missed what others appended, and read it'),
    analyticsEvents: counter('analytics_events_total', 'Events that applications counted'),
    authorizations: counter(
      'authorizer_answers_total',
      'Questions to the application’s authorizer',
      'outcome',
    ),
    webhooks: counter('webhooks_total', 'Attempts to tell the application, and what was dropped', 'outcome'),
    webhookBytes: new Gauge({
      name: 'tandem_webhook_queue_bytes',
      help: 'What waits to be told to the application',
      registers,
    }),
    suspicious: counter(
      'suspicious_total',
      'Refusals that hint at an attack, or at a fault of a client',
      'kind',
    ),
    httpRequests: counter('http_requests_total', 'Requests over HTTP', 'route', 'status'),
    nodeQuestions: counter(
      'node_questions_total',
      'Requests of clients that another node had to answer, and other questions to it',
      'subject',
      'outcome',
    ),
    render: () => Registry.merge(shown).metrics(),
  };
}

/** Those that are there: a session that was lost has none. */
export function* connectionsOf(sessions: Iterable<Session>): Iterable<Counted> {
  for (const { phase, receiver, transport } of sessions) {
    if (phase.kind === 'lost') continue;
    const { connection, dialect } = receiver;
    yield { transport: connection.isPolling ? 'polling' : transport, dialect: dialect.name };
  }
}

/** What carries a connection, unless that changes. */
export function transportOf({ stream }: Handshake): string {
  if (stream === undefined) return 'websocket';
  return stream === 'none' ? 'http' : 'event-stream';
}
