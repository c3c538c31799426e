/**
 * Fault: an archive dies at any system call, beside an emitter and a group. Nothing is lost and nothing is there twice, and the same command finishes what was
 * begun.
 */

import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { Completengine, type EventReceipt } from '../../src/index.ts';
import { ArchiveTemplate, archiveArgs } from '../support/archive-template.ts';
import { runCli } from '../support/cli.ts';
import { needs, STRACE_PROBE } from '../support/fault-tools.ts';
import { paced } from '../support/paced.ts';
import { runTraced } from '../support/system-calls.ts';
import { tempDir } from '../support/temp-dir.ts';
import { quick } from '../support/test-size.ts';
import { spread, traced, wasKilled } from '../support/traced.ts';

const CALLS = ['pwrite64', 'fsync', 'ftruncate', 'unlink'] as const;

let template: ArchiveTemplate;
let counted: Promise<Map<string, number>> | undefined;

/** How often an archive that nothing disturbs makes each call. */
async function countCalls(): Promise<Map<string, number>> {
  const { code, stderr, calls } = await runTraced(CALLS, [], archiveArgs(template.fresh(), '--yes'));
  expect(code, stderr).toBe(0);
  return new Map(CALLS.map((call) => [call, calls.filter(({ name }) => name === call).length]));
}

beforeAll(async () => {
  template = await ArchiveTemplate.make();
});

afterAll(() => template.remove());

/** What works beside an archive waits for it, and it for them, longer than a test may take. */
const LOCK_WAIT_MS = 1_800_000;
const LONG_WAIT = ['--busy-timeout', `${LOCK_WAIT_MS}ms`] as const;

interface Traffic {
  /** The receipts, and the sequences that the group got. */
  stop(): Promise<{ receipts: EventReceipt[]; seen: number[] }>;
}

const NO_TRAFFIC: Traffic = { stop: async () => ({ receipts: [], seen: [] }) };

/** Emits and consumes until it is stopped. */
async function traffic(ledger: string): Promise<Traffic> {
  const engine = await Completengine.open({ ledger, create: false, busyTimeoutMs: LOCK_WAIT_MS });
  let isOver = false;
  onTestFinished(() => {
    isOver = true;
    return engine.close();
  });
  const receipts: EventReceipt[] = [];
  const seen: number[] = [];
  const subscription = await engine.subscribe({ group: 'g', from: 'end' }, (delivery) => {
    for (const { sequence } of delivery) seen.push(sequence);
  });
  const emitting = (async () => {
    while (!isOver) {
      receipts.push(await engine.emit({ k: receipts.length, live: receipts.length }));
      await paced();
    }
  })();
  return {
    stop: async () => {
      isOver = true;
      await emitting;
      await subscription.close();
      const rest = await engine.subscribe({ group: 'g', until: { head: true } }, (delivery) => {
        for (const { sequence } of delivery) seen.push(sequence);
      });
      await rest.finished;
      await engine.close();
      return { receipts, seen };
    },
  };
}

describe('killed at any system call', { timeout: 600_000 }, () => {
  it.each([
    ['pwrite64', 'beside an emitter and a group', quick(3, 36)],
    ['fsync', 'beside an emitter and a group', quick(2, 12)],
    // beside others any of them may shorten the file
    ['ftruncate', 'alone', quick(2, 4)],
    ['unlink', 'beside an emitter and a group', quick(2, 8)],
  ] as const)('%s, %s: nothing is lost or double, and the next run finishes', async (call, company, rounds) => {
    const context = { task: { name: call }, skip: (reason: string) => expect.unreachable(reason) };
    needs(context as never, ...STRACE_PROBE);
    const log = join(tempDir(), 'strace.log');
    counted ??= countCalls();
    const count = (await counted).get(call) ?? 0;
    const left = { nothing: 0, recorded: 0 };
    let fired = 0;
    const trials = spread(rounds, count);
    expect(trials).not.toEqual([]);
    for (const nth of trials) {
      const where = `killed at ${call} ${nth} of ${count}`;
      const ledger = template.fresh();
      const live = company === 'alone' ? NO_TRAFFIC : await traffic(ledger);
      const run = await traced(log, call, `signal=KILL:when=${nth}`, archiveArgs(ledger, '--yes', ...LONG_WAIT));
      if (wasKilled(run)) fired++;
      else expect(run.code, `${where}: ${run.stderr}`).toBe(0);
      const { receipts, seen } = await live.stop();
      await template.expectWhole(ledger, receipts, where);
      expect(
        [...seen].sort((one, other) => one - other),
        where,
      ).toEqual(receipts.map(({ sequence }) => sequence));

      const engine = await Completengine.open({ ledger, create: false, access: 'read' });
      left[(await engine.archivedRuns()).length === 0 ? 'nothing' : 'recorded']++;
      await engine.close();
      const again = await runCli(archiveArgs(ledger, '--yes', '--json'));
      expect(again.code, `${where}: ${again.stderr}`).toBe(0);
      await template.expectWhole(ledger, receipts, `${where}, and run again`);
      expect(rowsBefore(ledger), where).toBe(0);
      const files = readdirSync(`${ledger}.archive`);
      expect(files, where).toEqual([expect.stringMatching(/-000000000001-000000000200\.segment$/)]);
    }
    // another process may write back what this one would have, and the last one that closes removes the log
    const atLeast = { pwrite64: trials.length / 2, fsync: trials.length / 2, ftruncate: trials.length, unlink: 1 };
    expect(fired, JSON.stringify(left)).toBeGreaterThanOrEqual(atLeast[call]);
  });
});

/** Commits of archived runs that are still in the ledger. */
function rowsBefore(ledger: string): number {
  const db = new Database(ledger, { readonly: true });
  try {
    return db
      .prepare('SELECT count(*) FROM commits WHERE first_sequence <= (SELECT max(through) FROM segments)')
      .pluck()
      .get() as number;
  } finally {
    db.close();
  }
}
