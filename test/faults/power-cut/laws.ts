/** What must hold of every state: it opens with the product, has all that was acknowledged, and is the beginning of what was recorded. */

import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { Completengine } from '../../../src/index.ts';
import { runCli } from '../../support/cli.ts';
import { payloadsOf } from '../../support/engines.ts';
import { parseLines } from '../../support/ledger-cli.ts';
import { rawCommits } from '../../support/raw-ledger.ts';
import type { Acknowledged } from './recording.ts';

export const LEDGER = 'events.codex';

/** Something that was acknowledged is not there. Every other failure of a check is something wrong. */
export class AcknowledgedLost extends Error {}

/** Everything that the recorded ledger held at its end. */
export interface History {
  readonly payloads: readonly string[];
  /** Chain hashes by the last sequence of each commit: the only places where a ledger may end. */
  readonly heads: ReadonlyMap<number, string>;
}

export async function readHistory(directory: string, ledger = LEDGER): Promise<History> {
  const path = join(directory, ledger);
  const payloads = await withLedger(path, 'read', (engine) => payloadsOf(engine.replay()));
  const commits = rawCommits(path).map((commit) => [commit.first_sequence + commit.count - 1, commit.hash] as const);
  return { payloads, heads: new Map(commits.map(([sequence, hash]) => [sequence, hash.toString('hex')])) };
}

export async function withLedger<Result>(
  path: string,
  access: 'read' | 'write',
  work: (engine: Completengine) => Promise<Result>,
): Promise<Result> {
  const engine = await Completengine.open({ ledger: path, create: false, access });
  try {
    return await work(engine);
  } finally {
    await engine.close();
  }
}

/** The last sequence that a receipt has named. */
export function lastReceipt({ outputs }: Acknowledged): number {
  const lines = [...outputs].flatMap(([step, text]) => (step.startsWith('emit') ? text : ''));
  const sequences = parseLines<{ sequence: number }>(lines.join('')).map(({ sequence }) => sequence);
  return sequences.reduce((last, sequence) => Math.max(last, sequence), 0);
}

export interface HistoryLaw {
  readonly ledger?: string;
  readonly access: 'read' | 'write';
  /** Last sequence that was acknowledged. */
  readonly acknowledged: number;
}

/** Whole commits of the recorded history from its beginning, at least what was acknowledged, and a chain that says so. */
export async function expectHistory(
  directory: string,
  history: History,
  { ledger = LEDGER, access, acknowledged }: HistoryLaw,
): Promise<void> {
  const path = join(directory, ledger);
  if (acknowledged > 0 && !existsSync(path)) throw new AcknowledgedLost(`${ledger} is not there`);
  await withLedger(path, access, async (engine) => {
    const { sequence } = await engine.head();
    if (sequence < acknowledged)
      throw new AcknowledgedLost(`it ends at ${sequence}, and ${acknowledged} was acknowledged`);
    // the commit of a receipt is acknowledged as a whole
    const anchor = [...history.heads.keys()].findLast((end) => end <= acknowledged);
    const expectHead = anchor === undefined ? undefined : `${anchor}:${history.heads.get(anchor)}`;
    const report = await engine.verify({ expectHead });
    expect(report.events).toBe(sequence);
    expect(sequence === 0 || history.heads.has(sequence), `it ends within a commit, at ${sequence}`).toBe(true);
    // verify() has checked their chain
    expectEqualLines(await payloadsOf(engine.replay({ determinism: 'relaxed' })), history.payloads.slice(0, sequence));
  });
}

/** Without a comparison of each line by expect(), which is slow. */
export function expectEqualLines(found: readonly string[], wanted: readonly string[]): void {
  const at = wanted.findIndex((line, nth) => line !== found[nth]);
  if (at !== -1) expect(found[at], `line ${at + 1} of ${wanted.length}`).toBe(wanted[at]);
  expect(found.length).toBe(wanted.length);
}

/** The ledger takes a new event after all that it had, and verifies with it. Returns the payloads that it had: one opening, because a state has several. */
export function expectEmits(
  directory: string,
  event: string,
  { ledger = LEDGER, fromSequence = 1 } = {},
): Promise<readonly string[]> {
  return withLedger(join(directory, ledger), 'write', async (engine) => {
    // verify() below checks their chain
    const payloads = await payloadsOf(engine.replay({ fromSequence, determinism: 'relaxed' }));
    const { sequence } = await engine.head();
    expect(payloads.length).toBe(sequence - fromSequence + 1);
    const receipt = await engine.emit(Buffer.from(event));
    expect(receipt.sequence).toBe(sequence + 1);
    expect((await engine.verify()).events).toBe(sequence + 1);
    return payloads;
  });
}

/** Runs the same command again, after the power has come back. */
export async function runAgain(
  directory: string,
  args: readonly string[],
  codes: readonly number[] = [0],
): Promise<string> {
  const { code, stderr, stdout } = await runCli(args, { cwd: directory });
  expect(codes, `${args.join(' ')}, run again: exit ${code}: ${stderr}`).toContain(code);
  return stdout.toString('utf8');
}

/** Lines of a file of the state; none if it is not there. Those that a power cut has damaged are among them. */
export function linesOf(directory: string, file: string): string[] {
  const path = join(directory, file);
  return existsSync(path) ? readFileSync(path, 'utf8').split('\n') : [];
}
