import type { Test } from 'tap';
import { token } from '../native/person.ts';
import { type PlainClient, type Venue, venue } from './plain-client.ts';

type How = Parameters<Venue['client']>[1];
/** A way to say who one is, and what the server has to be told for it. */
export interface Setting {
  readonly name: string;
  readonly env: Record<string, string>;
  /** How this user connects. */
  how(userId: string): Promise<How>;
  /** What it sends first, where a token does not come with the connection. */
  first?(client: PlainClient): Promise<void>;
}

const origin = 'https://app.example';
const needed = { AUTH: 'required', CORS_ORIGIN: origin };
export const settings: readonly Setting[] = [
  { name: 'without tokens', env: { AUTH: 'optional' }, how: async () => ({}) },
  {
    name: 'token in the query',
    env: needed,
    how: async (sub) => ({ query: `?token=${await token({ sub })}` }),
  },
  {
    name: 'token in the Authorization header',
    env: needed,
    how: async (sub) => ({ headers: { authorization: `Bearer ${await token({ sub })}` } }),
  },
  {
    name: 'token in a cookie from an allowed origin',
    env: needed,
    how: async (sub) => ({ headers: { cookie: `token=${await token({ sub })}`, origin }, path: '/ws' }),
  },
  {
    name: 'token in an auth message',
    env: needed,
    how: async () => ({}),
    async first(client) {
      client.send({ type: 'auth', token: await token({ sub: client.userId }) });
      const { op, ok } = await client.of('ack');
      if (op !== 'auth' || ok !== true) throw new Error('not let in');
    },
  },
];

/** The people of a test. */
export interface Cast {
  readonly at: Venue;
  client(userId: string): Promise<PlainClient>;
  member(userId: string, roomId?: string): Promise<PlainClient>;
}

export async function cast(
  t: Test,
  { env, how, first }: Setting,
  more: Record<string, string>,
): Promise<Cast> {
  const at = await venue(t, { ...env, ...more });
  async function client(userId: string): Promise<PlainClient> {
    const one = await at.client(userId, await how(userId));
    await first?.(one);
    return one;
  }
  return {
    at,
    client,
    async member(userId, roomId = 'room') {
      const one = await client(userId);
      one.join(roomId, { name: userId.toUpperCase(), color: '#123456' });
      await one.of('selection_state');
      return one;
    },
  };
}
