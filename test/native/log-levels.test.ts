import t from 'tap';
import type { Logger } from '../../server/logger.ts';
import { bearer, stage } from './person.ts';

/** Remembers what was logged, as `level message`. */
function remembering(): { logger: Logger; written: string[] } {
  const written: string[] = [];
  const at =
    (level: string) =>
    (fields: object | string, message = fields) =>
      void written.push(`${level} ${message}`);
  const levels = ['debug', 'info', 'warn', 'error', 'fatal'].map((level) => [level, at(level)]);
  const logger = { ...Object.fromEntries(levels), child: () => logger } as Logger;
  return { logger, written };
}

t.test('who comes, goes, joins and leaves is logged as info, and who is refused as a warning', async (t) => {
  const { logger, written } = remembering();
  const at = await stage(t, {}, { logger });
  const ada = await at.member('ada');
  await ada.ask({ type: 'leave' });
  ada.wire.close();
  await at.settle();
  t.same(written, ['info connected', 'info joined', 'info left', 'info disconnected']);
  const { authorization } = await bearer({ sub: 'eve' });
  const eve = at.person({ authorization: `${authorization}x` });
  await at.until(() => eve.wire.closedWith, 'the close');
  t.ok(written.includes('warn suspicious'));
  t.notOk(written.some((line) => line.startsWith('error')));
});
