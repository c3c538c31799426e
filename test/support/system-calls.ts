/** Lists the system calls of a command on files, in order, by strace. */

import { readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { BIN, type CliResult } from './cli.ts';
import { runProgram, straceThreads } from './fault-tools.ts';
import { tempDir } from './temp-dir.ts';

export interface SystemCall {
  readonly name: string;
  /** Base name of its file; empty if none. */
  readonly file: string;
  readonly isInjected: boolean;
  readonly text: string;
}

/** One line of `strace -f -y`: `123 fsync(19</tmp/x/events.codex-wal>) = 0`. Null for signals, exits and the second half of a call. */
export function parseCall(line: string): SystemCall | null {
  const match = /^\d+ +(\w+)\((?:\d+<([^>]*)>|"([^"]*)")?/.exec(line);
  if (match === null) return null;
  const [, name = '', opened, named] = match;
  return { name, file: basename(opened ?? named ?? ''), isInjected: line.includes('(INJECTED)'), text: line };
}

export interface TracedRun extends CliResult {
  readonly calls: readonly SystemCall[];
}

/** Runs one of our commands. `faults`: such as `fsync:error=EIO:when=3`. A call interrupted by a signal is the last of its kind. */
export async function runTraced(
  names: readonly string[],
  faults: readonly string[],
  args: readonly string[],
  input = '',
): Promise<TracedRun> {
  const log = join(tempDir(), 'strace.log');
  const injections = faults.flatMap((fault) => ['-e', `inject=${fault}`]);
  const result = await runProgram(
    'strace',
    [
      ...straceThreads(faults),
      '-y',
      '-o',
      log,
      '-e',
      `trace=${names.join(',')}`,
      ...injections,
      process.execPath,
      BIN,
      ...args,
    ],
    input,
  );
  const calls = readFileSync(log, 'utf8')
    .split('\n')
    .map(parseCall)
    .filter((call) => call !== null);
  return { ...result, calls };
}
