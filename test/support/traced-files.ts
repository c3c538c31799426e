/** Lists the system calls by which a command writes, syncs and renames files, in order. */

import { spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { BIN, type CliResult } from './cli.ts';
import { STRACE_PROBE, straceThreads } from './fault-tools.ts';
import { tempDir } from './temp-dir.ts';

export interface FileCall {
  readonly call: 'write' | 'fsync' | 'rename';
  /** Path of the file, as the command named it; the new one of a rename. */
  readonly file: string;
  /** The old path of a rename. */
  readonly from?: string;
}

export interface Traced extends Omit<CliResult, 'stdout'> {
  readonly calls: readonly FileCall[];
  /** Calls that strace has failed. */
  readonly injected: number;
}

interface TraceOptions {
  readonly input?: string;
  /** A file for standard output, appended like `>> FILE`. */
  readonly appendTo?: string;
  /** A fault in strace's syntax: `fsync:error=EIO:when=2`. */
  readonly inject?: string;
}

export async function traceFiles(
  args: readonly string[],
  { input = '', appendTo = '/dev/null', inject }: TraceOptions = {},
): Promise<Traced> {
  const log = join(tempDir(), 'strace.log');
  const stdout = openSync(appendTo, 'a');
  const injection = inject === undefined ? [] : ['-e', `inject=${inject}`];
  const filter = [
    ...straceThreads(injection),
    '-y',
    '-s',
    '0',
    '-o',
    log,
    '-e',
    'trace=write,pwrite64,fsync,rename',
    ...injection,
  ];
  const [program] = STRACE_PROBE;
  const child = spawn(program, [...filter, process.execPath, BIN, ...args], { stdio: ['pipe', stdout, 'pipe'] });
  closeSync(stdout);
  child.stdin?.on('error', () => {});
  child.stdin?.end(input);
  const stderr: Buffer[] = [];
  child.stderr?.on('data', (piece: Buffer) => stderr.push(piece));
  const end = await new Promise<Pick<CliResult, 'code' | 'signal'>>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code, signal) => resolve({ code, signal }));
  });
  const lines = readFileSync(log, 'utf8').split('\n');
  return {
    ...end,
    stderr: Buffer.concat(stderr).toString('utf8'),
    calls: lines.flatMap(readCall),
    injected: lines.filter((line) => line.includes('(INJECTED)')).length,
  };
}

function readCall(line: string): FileCall[] {
  const [, from, to] = /rename\("([^"]*)", "([^"]*)"/.exec(line) ?? [];
  if (from !== undefined && to !== undefined) return [{ call: 'rename', file: to, from }];
  const used = /(write|pwrite64|fsync)\(\d+<([^>]*)>/.exec(line);
  return used === null ? [] : [{ call: used[1] === 'fsync' ? 'fsync' : 'write', file: used[2] as string }];
}

/** Number of groups of writes to `file` followed by a move of the position, with and without a sync in between. */
export function positionMoves(
  calls: readonly FileCall[],
  file: string,
  moves: FileCall,
): { readonly synced: number; readonly unsynced: number } {
  const counted = { synced: 0, unsynced: 0 };
  let state: 'clean' | 'written' | 'synced' = 'clean';
  for (const each of calls) {
    if (each.file === file && each.call === 'write') state = 'written';
    else if (each.file === file && each.call === 'fsync' && state === 'written') state = 'synced';
    else if (each.call === moves.call && each.file === moves.file && state !== 'clean') {
      counted[state === 'synced' ? 'synced' : 'unsynced']++;
      state = 'clean';
    }
  }
  return counted;
}
