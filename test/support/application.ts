import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Webhook } from 'standardwebhooks';
import type { Test } from 'tap';

export const APPLICATION_SECRET = `whsec_${Buffer.from('thirty-two bytes for tests only!').toString('base64')}`;

/** What the application answers; 'nothing': it leaves the question open. */
type Reply = { status?: number; body?: unknown; headers?: Record<string, string> } | 'nothing';

export interface Call {
  // biome-ignore lint/suspicious/noExplicitAny: what came, which the test looks into
  readonly body: any;
  readonly text: string;
  readonly headers: Record<string, string>;
}

/** An application that is asked and told things over HTTP. */
export interface Application {
  readonly url: string;
  /** What came, all of it verified with the package that applications verify with. */
  readonly calls: Call[];
  reply: (call: Call, count: number) => Reply | Promise<Reply>;
  /** Resolves once as many calls have come. */
  until(count: number): Promise<void>;
  /** Calls that were not signed as they should be. */
  readonly forged: Call[];
  close(): Promise<void>;
}

/** @param hasOwnClock whether the server's clock is another than the process's */
export async function startApplication(t: Test, hasOwnClock = false): Promise<Application> {
  const watchers = new Set<() => void>();
  const server = createServer(async (request, response) => {
    const text = await textOf(request);
    const headers = Object.fromEntries(
      Object.entries(request.headers).map(([name, value]) => [name, String(value)]),
    );
    const call = { body: JSON.parse(text), text, headers };
    if (!isSigned(call, hasOwnClock)) application.forged.push(call);
    application.calls.push(call);
    for (const look of [...watchers]) look();
    const reply = await application.reply(call, application.calls.length);
    if (reply === 'nothing') return;
    response.writeHead(reply.status ?? 200, reply.headers ?? {});
    response.end(typeof reply.body === 'string' ? reply.body : JSON.stringify(reply.body ?? {}));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const application: Application = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/from-tandem`,
    calls: [],
    forged: [],
    reply: () => ({}),
    until: (count) =>
      new Promise((resolve) => {
        const look = () => {
          if (application.calls.length < count) return;
          watchers.delete(look);
          resolve();
        };
        watchers.add(look);
        look();
      }),
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  t.teardown(() => application.close());
  return application;
}

async function textOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString();
}

/** As the package finds for applications, which reads the process's clock. */
function isSigned({ text, headers }: Call, hasOwnClock: boolean): boolean {
  const webhook = new Webhook(APPLICATION_SECRET);
  if (hasOwnClock) {
    const at = new Date(Number(headers['webhook-timestamp']) * 1000);
    return webhook.sign(String(headers['webhook-id']), at, text) === headers['webhook-signature'];
  }
  try {
    webhook.verify(text, headers);
    return true;
  } catch {
    return false;
  }
}
