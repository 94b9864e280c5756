import { writeSync } from 'node:fs';

/** Loaded into a server whose memory is measured: reports what of it is room for more, and no garbage. */
process.on('SIGUSR2', () => {
  const { gc } = globalThis as { gc?: () => void };
  gc?.();
  gc?.();
  const { heapTotal, heapUsed } = process.memoryUsage();
  writeSync(3, `${heapTotal - heapUsed}\n`);
});
