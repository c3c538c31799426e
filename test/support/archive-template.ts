/**
 * A ledger with commits before and after a cut, of which each test of archives gets a copy, and what must hold of it whatever has happened.
 */

import { copyFileSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { expect } from 'vitest';
import { Completengine, type EventReceipt } from '../../src/index.ts';
import { FakeClock, payloadsOf } from './engines.ts';
import { succeed } from './ledger-cli.ts';
import { tempDir } from './temp-dir.ts';
import { quick } from './test-size.ts';

/** The cut. */
export const UNTIL = '2026-05-01';
export const COMMITS = 24;
/** Commits before the cut. */
export const ARCHIVED = 20;
export const EVENTS_PER_COMMIT = 10;
const PAD_BYTES = quick(2000, 60_000);
/** Before the cut, and after it. */
export const DAYS = [Date.UTC(2026, 3, 1), Date.UTC(2026, 4, 10)] as const;

/** Text that does not compress to nothing. */
function pad(seed: number): string {
  return Array.from({ length: PAD_BYTES / 6 }, (_, at) =>
    Math.imul(at + 1, seed * 2_654_435_761 + 1).toString(36),
  ).join('');
}

export class ArchiveTemplate {
  readonly path: string;
  /** Its payloads, in order. */
  readonly history: readonly string[];

  private constructor(path: string, history: readonly string[]) {
    this.path = path;
    this.history = history;
  }

  static async make(): Promise<ArchiveTemplate> {
    const path = join(mkdtempSync(join(tmpdir(), 'completengine-test-')), 'template.codex');
    const clock = new FakeClock();
    const engine = await Completengine.open({ ledger: path, routing: 'hash:k', partitions: 3, clock });
    for (let commit = 0; commit < COMMITS; commit++) {
      clock.micros = (DAYS[commit < ARCHIVED ? 0 : 1] + commit) * 1000;
      await engine.emit(
        Array.from({ length: EVENTS_PER_COMMIT }, (_, nth) => ({ k: nth, commit, nth, pad: pad(commit * 100 + nth) })),
      );
    }
    const history = await payloadsOf(engine.replay());
    await engine.close();
    return new ArchiveTemplate(path, history);
  }

  /** Path of a copy. */
  fresh(): string {
    const ledger = join(tempDir(), 'events.codex');
    copyFileSync(this.path, ledger);
    return ledger;
  }

  /** The ledger has the history, then what was emitted beside the archive, each event once, and is verified. */
  async expectWhole(ledger: string, receipts: readonly EventReceipt[], where: string): Promise<void> {
    const all = await replayedBy(ledger);
    const count = this.history.length;
    expect(all.slice(0, count), where).toEqual(this.history);
    expect(all.slice(count), where).toEqual(receipts.map((_, at) => JSON.stringify({ k: at, live: at })));
    expect(
      receipts.map(({ sequence }) => sequence),
      where,
    ).toEqual(receipts.map((_, at) => count + at + 1));
    const sound = await succeed(['inspect', '-l', ledger, '--verify']);
    expect(sound.stdout.toString(), where).toMatch(/^OK: /);
  }

  remove(): void {
    rmSync(dirname(this.path), { recursive: true, force: true });
  }
}

export const archiveArgs = (ledger: string, ...more: string[]): string[] => [
  'archive',
  '-l',
  ledger,
  '--until',
  UNTIL,
  ...more,
];

export async function replayedBy(ledger: string): Promise<string[]> {
  const engine = await Completengine.open({ ledger, create: false, access: 'read' });
  try {
    return await payloadsOf(engine.replay());
  } finally {
    await engine.close();
  }
}

/** Path of the only segment of a ledger. */
export function segmentOf(ledger: string): string {
  const [file] = readdirSync(`${ledger}.archive`);
  return join(`${ledger}.archive`, file as string);
}
