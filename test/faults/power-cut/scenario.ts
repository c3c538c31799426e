/** A scenario: commands that are recorded, and what must hold after a power cut at any moment of them. */

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { runCli } from '../../support/cli.ts';
import type { RecordedScenario } from './recorder.ts';
import type { Acknowledged, Call } from './recording.ts';
import type { Window } from './states.ts';

/** One state, in a directory of its own that the check may change. */
export interface CheckedState<Truth> {
  readonly directory: string;
  readonly acknowledged: Acknowledged;
  readonly truth: Truth;
  /** What opens the ledger first: one that only reads, or one that writes. */
  readonly access: 'read' | 'write';
  /** Whether the commands are run again on it, which is half of the time of a state: in a quick run every second one, unless it alone shows a loss. */
  readonly isResumed: boolean;
}

export interface Scenario<Truth = unknown> extends RecordedScenario {
  readonly name: string;
  /** Reads what states are compared with, from the files before the recording and at its end. */
  readTruth(directories: { readonly start: string; readonly end: string }): Promise<Truth>;
  /** The calls among which the power is cut, where the others say nothing about the scenario; default: all. */
  window?(calls: readonly Call[]): Window;
  /** @throws AcknowledgedLost, or any other error for what is wrong */
  check(state: CheckedState<Truth>): Promise<void>;
}

/** Runs a command that is not recorded. */
export async function prepareWith(directory: string, ...commands: (readonly string[])[]): Promise<void> {
  for (const args of commands) {
    const { code, stderr } = await runCli(args, { cwd: directory });
    if (code !== 0) throw new Error(`${args.join(' ')}: exit ${code}: ${stderr}`);
  }
}

/** Writes files of lines and returns their names. */
export function writeInputs(directory: string, inputs: Readonly<Record<string, readonly string[]>>): void {
  for (const [name, lines] of Object.entries(inputs))
    writeFileSync(join(directory, name), lines.map((line) => `${line}\n`).join(''));
}

/** Names of small inputs, each of which is one commit, with one to three lines each. */
export function smallInputs(
  prefix: string,
  count: number,
  lineOf: (nth: number) => string,
): Readonly<Record<string, readonly string[]>> {
  let nth = 0;
  const entries = Array.from({ length: count }, (_, at) => {
    const lines = Array.from({ length: 1 + (at % 3) }, () => lineOf(++nth));
    return [`${prefix}${String(at).padStart(3, '0')}.jsonl`, lines] as const;
  });
  return Object.fromEntries(entries);
}
