import t from 'tap';
import type { Logger } from '../../server/logger.ts';
import { connect } from '../support/client.ts';
import { onEach, tokenOf } from './stage.ts';

/** The warnings, as they were written. */
function remembering(): { logger: Logger; warnings: Record<string, unknown>[]; all: string[] } {
  const warnings: Record<string, unknown>[] = [];
  const all: string[] = [];
  const note =
    (level: string) =>
    (fields: unknown, message = '') => {
      all.push(JSON.stringify([fields, message]));
      if (level === 'warn') warnings.push(fields as Record<string, unknown>);
    };
  const levels = ['debug', 'info', 'warn', 'error', 'fatal'].map((level) => [level, note(level)]);
  const logger = { ...Object.fromEntries(levels), child: () => logger } as Logger;
  return { logger, warnings, all };
}

async function counted(port: number): Promise<Record<string, number>> {
  const text = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
  const found = text.matchAll(/^tandem_suspicious_total\{kind="(\w+)"\} (\d+)$/gm);
  return Object.fromEntries([...found].map(([, kind, count]) => [kind, Number(count)]));
}

onEach(
  t,
  '[ID11] suspicious activity is counted and logged with address and user, never with tokens',
  async (t, start) => {
    const { logger, warnings, all } = remembering();
    const at = await start({ AUTH: 'required', RATE_LIMIT: '20/10s' }, { logger });
    const forged = `${await tokenOf('eve')}x`;
    const origin = { cookie: `token=${await tokenOf('ada')}`, origin: 'https://evil.example' };

    const eve = await at.client({ auth: { token: forged }, reconnection: false });
    await eve.next('connect_error');
    const elsewhere = await at.client({ extraHeaders: origin, reconnection: false });
    await elsewhere.next('connect_error');
    await (await connect(at.server.port, { path: `/ws?token=${forged}` })).closed;
    t.same(await counted(at.server.port), { token: 2, origin: 1 });

    const ada = await at.client({ auth: { token: await tokenOf('ada', { rooms: ['open'] }) } });
    t.match(await ada.ask('join_room', { roomId: 'shut' }), { code: 'FORBIDDEN' });
    t.match(await ada.ask('auth', { token: await tokenOf('ben') }), { code: 'IDENTITY_MISMATCH' });
    t.match(await ada.ask('auth', { token: forged }), { code: 'TOKEN_INVALID' });
    t.same(await counted(at.server.port), { token: 3, origin: 1, forbidden: 1, identity: 1 });
    for (let count = 0; count < 300; count++) ada.emit('ping');
    await ada.next('disconnect');
    t.equal((await counted(at.server.port)).flood, 1);

    const seen = warnings.map(({ kind, address, userId }) => [kind, userId, address]);
    const local = '127.0.0.1';
    t.same(seen, [
      ['token', undefined, local],
      ['origin', undefined, local],
      ['token', undefined, local],
      ['forbidden', 'ada', local],
      ['identity', 'ada', local],
      ['token', 'ada', local],
      ['flood', 'ada', local],
    ]);
    t.notOk(
      all.some((line) => line.includes('eyJ')),
      'no token in any line',
    );
  },
);
