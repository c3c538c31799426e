/** Runs a program to its end. An unexpected exit code fails the step, and shows the output. */

import { spawnSync } from 'node:child_process';

const TAIL_LINES = 30;

/** `expected`: its exit code. Returns standard output and standard error. */
export function run(program, args, { expected = 0, ...options } = {}) {
  const { status, signal, stdout, stderr, error } = spawnSync(program, args, {
    encoding: 'utf8',
    maxBuffer: 1 << 28,
    stdio: ['ignore', 'pipe', 'pipe'],
    ...options,
  });
  if (error === undefined && status === expected) return { out: stdout, err: stderr };
  const tail = `${stdout}\n${stderr}`.trimEnd().split('\n').slice(-TAIL_LINES).join('\n');
  const end = error?.message ?? (signal === null ? `exit code ${status} and not ${expected}` : signal);
  throw new Error(`${[program, ...args].join(' ')}: ${end}\n${tail}`);
}

export function expectThat(holds, fact) {
  if (!holds) throw new Error(fact);
}
