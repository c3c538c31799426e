/** Runs shell scripts in which `completengine` is the built command: for real pipes, redirections and terminals. */

import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { stripVTControlCharacters } from 'node:util';
import { onTestFinished } from 'vitest';
import { BIN, type CliResult, finished } from './cli.ts';

const PREAMBLE = `completengine() { '${process.execPath}' '${BIN}' "$@"; }\n`;

/** Variables of the shell, and the processes' environment. */
export type Variables = Readonly<Record<string, string>>;

/** Runs a bash script to its end; `ledger` and other values are shell variables. */
export function runShell(script: string, variables: Variables = {}): Promise<CliResult> {
  const child = spawn('bash', ['-c', PREAMBLE + script], { env: { ...process.env, ...variables }, detached: true });
  endGroupWithTest(child);
  const result = finished(child);
  child.stdin.end();
  return result;
}

/** Kills the pipeline of a failed test. */
function endGroupWithTest({ pid }: ChildProcess): void {
  onTestFinished(() => {
    try {
      if (pid !== undefined) process.kill(-pid, 'SIGKILL');
    } catch {
      // it has ended, as expected
    }
  });
}

export const hasTerminal = spawnSync('script', ['--version']).stdout?.toString().includes('util-linux') === true;

export interface TerminalOptions {
  readonly columns?: number;
  readonly variables?: Variables;
  /** Typed input, sent at once. */
  readonly typed?: string;
  /** Called with all of the output so far, whenever there is more. */
  readonly onOutput?: (written: string) => void;
}

/** Runs a bash script on a new terminal and returns its raw output. */
export async function runOnTerminal(
  script: string,
  { columns = 120, variables = {}, typed = '', onOutput }: TerminalOptions = {},
): Promise<string> {
  // an interactive terminal, not CI: colours depend on it
  const { NO_COLOR: _, FORCE_COLOR: __, CI: ___, ...inherited } = process.env;
  const env = {
    ...inherited,
    TERM: 'xterm-256color',
    SCRIPT: `stty cols ${columns} rows 40; ${PREAMBLE}${script}`,
    SHELL: '/bin/bash',
    ...variables,
  };
  const child = spawn('script', ['-qec', 'bash -c "$SCRIPT"', '/dev/null'], { env });
  const result = finished(child);
  if (typed !== '') child.stdin.write(typed);
  if (onOutput !== undefined) {
    let written = '';
    child.stdout.on('data', (piece: Buffer) => {
      written += piece.toString('latin1');
      onOutput(written);
    });
  }
  const { stdout } = await result;
  child.stdin.end();
  return stdout.toString('utf8').replaceAll('\r\n', '\n');
}

/** The lines of the output, without control sequences. */
export function plainLines(written: string): string[] {
  return stripVTControlCharacters(written).split('\n');
}
