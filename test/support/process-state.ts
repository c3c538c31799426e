/** Observes the state of a process through /proc, so that tests wait for a state instead of a time. On other systems they do not wait. */

import { existsSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { until } from './until.ts';

/** Total bytes of its read() and write() calls; null if unknown. */
function movedBytes(pid: number | undefined): { read: number; written: number } | null {
  try {
    const text = readFileSync(`/proc/${pid}/io`, 'utf8');
    return { read: Number(/^rchar: (\d+)/m.exec(text)?.[1]), written: Number(/^wchar: (\d+)/m.exec(text)?.[1]) };
  } catch {
    return null;
  }
}

/** Total bytes of its read() calls; infinite if it has ended, or where that is unknown. */
export function bytesRead(pid: number | undefined): number {
  return movedBytes(pid)?.read ?? Number.POSITIVE_INFINITY;
}

/** Writes bytes to a process and resolves when it has read as many, or has ended. */
export async function untilRead(pid: number | undefined, bytes: string, write: (bytes: string) => void): Promise<void> {
  const before = movedBytes(pid);
  write(bytes);
  if (before === null) return;
  await until(() => bytesRead(pid) >= before.read + Buffer.byteLength(bytes));
}

/** Resolves when it has written this many bytes in total, or has ended. */
export async function untilWritten(pid: number | undefined, bytes: number): Promise<void> {
  await until(() => (movedBytes(pid)?.written ?? Number.POSITIVE_INFINITY) >= bytes);
}

/** Resolves when it has a file open, or has ended. */
export async function untilOpen(pid: number | undefined, file: string): Promise<void> {
  const directory = `/proc/${pid}/fd`;
  await until(() => !existsSync(directory) || filesOf(directory).includes(file));
}

/** Whether its first thread has ended, while it has not been waited for; false if there is no such process any more. */
export function isZombie(pid: number): boolean {
  return statusOf(pid, 'State').startsWith('Z');
}

/** Resolves when all threads of a process stand still after SIGSTOP, or it has ended: each stops by itself when it runs next. */
export async function untilStopped(pid: number | undefined): Promise<void> {
  await until(() => threadsOf(pid).every((thread) => /^[TtZX]/.test(statusOf(`${pid}/task/${thread}`, 'State'))));
}

function threadsOf(pid: number | undefined): string[] {
  try {
    return readdirSync(`/proc/${pid}/task`);
  } catch {
    return [];
  }
}

/** The process that traces it, which strace -D hides. @throws Error if there is none */
export function tracerOf(pid: number): number {
  const tracer = Number(statusOf(pid, 'TracerPid'));
  if (!(tracer > 0)) throw new Error(`nothing traces process ${pid}`);
  return tracer;
}

function statusOf(pid: number | string, name: string): string {
  try {
    return new RegExp(`^${name}:\\s*(.*)$`, 'm').exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? '';
  } catch {
    return '';
  }
}

function filesOf(directory: string): string[] {
  try {
    return readdirSync(directory).map((descriptor) => targetOf(`${directory}/${descriptor}`));
  } catch {
    return [];
  }
}

/** A descriptor may be closed during the check. */
function targetOf(link: string): string {
  try {
    return readlinkSync(link);
  } catch {
    return '';
  }
}
