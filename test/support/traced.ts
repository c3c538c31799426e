/** Runs the command line under strace: counts its system calls of a kind, makes one of them fail, or kills the process in one. Deterministic, whatever the load. */

import { readFileSync } from 'node:fs';
import { BIN, type CliResult } from './cli.ts';
import { runProgram } from './fault-tools.ts';

export interface Traced extends CliResult {
  /** One a system call. */
  readonly calls: readonly string[];
}

/** `inject`: what strace does to calls, such as `signal=KILL:when=7`; it counts those of each thread by itself. */
export async function traced(
  log: string,
  call: string,
  inject: string | null,
  args: readonly string[],
  env = process.env,
): Promise<Traced> {
  const injection = inject === null ? [] : ['-e', `inject=${call}:${inject}`];
  const command = ['-f', '-qq', '-o', log, '-e', `trace=${call}`, ...injection, process.execPath, BIN, ...args];
  const result = await runProgram('strace', command, '', env);
  const calls = readFileSync(log, 'utf8')
    .split('\n')
    .filter((line) => line.includes(`${call}(`));
  return { ...result, calls };
}

/** strace ends as its program does: by the signal, or with the code a shell would give it. */
export function wasKilled({ code, signal }: CliResult): boolean {
  return code === 137 || signal === 'SIGKILL';
}

/** At most so many numbers of 1 to `last`, spread evenly, both ends among them. */
export function spread(count: number, last: number): number[] {
  if (count >= last) return Array.from({ length: last }, (_, at) => at + 1);
  return Array.from({ length: count }, (_, at) => 1 + Math.round((at * (last - 1)) / (count - 1)));
}
