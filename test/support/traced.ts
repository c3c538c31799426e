/** Runs the command line under strace: counts system calls of a kind, fails one of them, or kills the process in one. Independent of the load. */

import { readFileSync } from 'node:fs';
import { BIN, type CliResult } from './cli.ts';
import { runProgram, straceThreads } from './fault-tools.ts';

export interface Traced extends CliResult {
  /** One per system call. */
  readonly calls: readonly string[];
}

/** `inject`: a fault such as `signal=KILL:when=7`; strace counts the calls of each thread separately. */
export async function traced(
  log: string,
  call: string,
  inject: string | null,
  args: readonly string[],
  env = process.env,
): Promise<Traced> {
  const injection = inject === null ? [] : ['-e', `inject=${call}:${inject}`];
  const command = [
    ...straceThreads(injection),
    '-o',
    log,
    '-e',
    `trace=${call}`,
    ...injection,
    process.execPath,
    BIN,
    ...args,
  ];
  const result = await runProgram('strace', command, '', env);
  const calls = readFileSync(log, 'utf8')
    .split('\n')
    .filter((line) => line.includes(`${call}(`));
  return { ...result, calls };
}

/** strace ends like its program: by the signal, or with the exit code of a shell. */
export function wasKilled({ code, signal }: CliResult): boolean {
  return code === 137 || signal === 'SIGKILL';
}

/** At most `count` numbers from 1 to `last`, spread evenly, including both ends; a single one is the middle. */
export function spread(count: number, last: number): number[] {
  if (count >= last) return Array.from({ length: last }, (_, at) => at + 1);
  if (count === 1) return [Math.ceil(last / 2)];
  return Array.from({ length: count }, (_, at) => 1 + Math.round((at * (last - 1)) / (count - 1)));
}
