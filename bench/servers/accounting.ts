import { readdirSync, readFileSync } from 'node:fs';

/** Of the kernel's coarse accounting, on all Linux machines. */
const TICKS_PER_SECOND = 100;

/** Microseconds of CPU that a process has used, in all its threads, as the operating system accounts them. */
export function cpuMicroseconds(pid: number): number {
  try {
    let nanoseconds = 0;
    for (const task of readdirSync(`/proc/${pid}/task`)) {
      nanoseconds += Number(readFileSync(`/proc/${pid}/task/${task}/schedstat`, 'utf8').split(' ')[0]);
    }
    if (nanoseconds > 0) return nanoseconds / 1000;
  } catch {
    // A thread has ended meanwhile, or this kernel does not count so finely.
  }
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
  return ((Number(fields[11]) + Number(fields[12])) * 1e6) / TICKS_PER_SECOND;
}

/** Bytes of a process's own memory: its heap and buffers, without mapped files. */
export function memoryBytes(pid: number): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  return Number(/RssAnon:\s+(\d+) kB/.exec(status)?.[1] ?? Number.NaN) * 1024;
}
