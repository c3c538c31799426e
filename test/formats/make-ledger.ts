/** Makes a ledger by its recipe, with any version of the program. */

import { join } from 'node:path';
import { expect } from 'vitest';
import { type CliResult, finished, type RunOptions, startProgram } from '../support/cli.ts';
import type { Recipe } from './recipes.ts';

export type Run = (args: readonly string[], options: RunOptions) => Promise<CliResult>;

/** Runs the commands of the program whose `bin/run.js` is at `path`. */
export function runsOf(path: string): Run {
  return (args, { input, ...options }) => {
    const child = startProgram(path, args, options);
    const result = finished(child);
    child.stdin.end(input ?? '');
    return result;
  };
}

/** Creates `directory/NAME.codex` and returns its path. */
export async function makeLedger({ name, steps }: Recipe, directory: string, run: Run): Promise<string> {
  const ledger = join(directory, `${name}.codex`);
  for (const { args, input, codes = [0] } of steps) {
    const result = await run([...args, '-l', ledger], { input: input ?? '', cwd: directory });
    expect(codes, `${args.join(' ')}\n${result.stderr}`).toContain(result.code);
  }
  return ledger;
}
