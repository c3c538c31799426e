/** The sound ledgers that are damaged, as the bytes of their files: small, and together with every table, column and kind of file of the format. */

import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { Readable } from 'node:stream';
import { gunzipSync } from 'node:zlib';
import { expect } from 'vitest';
import { Completengine, hashOf } from '../../../src/index.ts';
import { compressedFrames } from '../../support/raw-ledger.ts';
import { until } from '../../support/until.ts';

/** Of the ledger; its segments are in the directory of this name with `.archive`. */
export const LEDGER = 'events.codex';
export const ARCHIVE = `${LEDGER}.archive`;

export interface Original {
  readonly name: string;
  /** By path, relative to the directory of the ledger. */
  readonly files: ReadonlyMap<string, Buffer>;
  /** Consumer groups, for commands that name one. */
  readonly groups: readonly string[];
  /** The file is a segment, which can be read as a ledger that is never written. */
  readonly isSegment?: boolean;
}

/** Kept ledgers of the first format: together they use every rule, table and column. */
const KEPT = [
  { name: 'hash', groups: ['mailer', 'auditor'] },
  { name: 'sticky', groups: [] },
  { name: 'sessions', groups: [] },
  { name: 'composite', groups: [] },
  { name: 'manual', groups: ['boats'] },
] as const;

const FIXTURES = new URL('../../../fixtures/ledgers/', import.meta.url);
/** So that a compressed frame is worth it. */
const PAD = 'sardine '.repeat(120);

/** `directory`: an empty one, for the making. */
export async function makeOriginals(directory: string): Promise<Original[]> {
  const originals: Original[] = KEPT.map(({ name, groups }) => {
    const bytes = gunzipSync(readFileSync(new URL(`${name}.codex.gz`, FIXTURES)));
    return { name, groups, files: new Map([[LEDGER, bytes]]) };
  });
  const site = (name: string): string => {
    mkdirSync(join(directory, name));
    return join(directory, name, LEDGER);
  };
  await makeCompressed(site('compressed'));
  await makeArchived(site('archived'), (originals[0] as Original).files.get(LEDGER) as Buffer);
  const archived = filesOf(join(directory, 'archived'));
  const [, segment] = [...archived].findLast(([name]) => name.startsWith(ARCHIVE)) as [string, Buffer];
  originals.push({ name: 'segment', groups: [], isSegment: true, files: new Map([[LEDGER, segment]]) });
  originals.push({ name: 'compressed', groups: ['g'], files: filesOf(join(directory, 'compressed')) });
  originals.push({ name: 'archived', groups: ['auditor'], files: archived });
  originals.push({ name: 'left', groups: ['held'], files: await makeLeft(site('left')) });
  return originals;
}

/** Writes the files of an original into a directory, and returns the path of the ledger. */
export function place({ files }: Original, directory: string): string {
  for (const [name, bytes] of files) {
    const path = join(directory, name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, bytes, { mode: 0o600 });
  }
  return join(directory, LEDGER);
}

/** What the files of a directory hold, by path, relative to it. */
export function filesOf(directory: string): Map<string, Buffer> {
  const names = readdirSync(directory, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return new Map(
    names.map(({ parentPath, name }) => {
      const path = join(parentPath, name);
      return [path.slice(directory.length + 1), readFileSync(path)];
    }),
  );
}

/** Compressed and plain frames, in several epochs, with a unique id, a producer and a group with parked events. */
async function makeCompressed(ledger: string): Promise<void> {
  const engine = await Completengine.open({
    ledger,
    routing: hashOf('k'),
    partitions: 2,
    unique: 'id',
    compression: 'zstd',
  });
  let id = 0;
  const lines = (count: number): string =>
    Array.from(
      { length: count },
      () => `${JSON.stringify({ k: id % 5, id: ++id, ...(id % 3 ? { pad: PAD } : {}) })}\n`,
    ).join('');
  const emit = (count: number) => engine.emit(Readable.from([Buffer.from(lines(count))]), { producer: `feed-${id}` });
  for (const count of [1, 4, 2]) await emit(count);
  await engine.partitioning.add(['more']);
  await emit(3);
  await engine.partitioning.reroute(hashOf('id'));
  await emit(5);
  const failing = await engine.subscribe(
    { group: 'g', until: { head: true }, maxDeliver: 1, onParked: () => {} },
    (delivery) => {
      if ([...delivery].some(({ sequence }) => sequence === 2)) throw new Error('not this one');
    },
  );
  await failing.finished;
  await engine.close();
  expect(compressedFrames(ledger)).toBeGreaterThan(3);
}

/** Two segments, a dropped run and two epochs within archived history. */
async function makeArchived(ledger: string, bytes: Buffer): Promise<void> {
  writeFileSync(ledger, bytes, { mode: 0o600 });
  const engine = await Completengine.open({ ledger });
  for (const throughSequence of [6, 12]) await engine.archive({ throughSequence, force: true });
  await engine.emit({ id: 'z1', tenant: 'acme', at: '2026-01-06T10:00:00Z' });
  await engine.close();
  expect(readdirSync(`${ledger}.archive`)).toHaveLength(2);
}

/** As a kill leaves a ledger: the last commits are in the `-wal`, and a member holds leases. */
async function makeLeft(ledger: string): Promise<Map<string, Buffer>> {
  const engine = await Completengine.open({ ledger, routing: 'hash:k', partitions: 2 });
  await engine.emit(Array.from({ length: 6 }, (_, n) => ({ k: n, n })));
  let delivered = 0;
  const subscription = await engine.subscribe({ group: 'held', member: 'm1' }, (delivery) => {
    delivered += delivery.count;
  });
  await until(() => delivered >= 6);
  for (let n = 6; n < 12; n++) await engine.emit({ k: n, n });
  const copies = `${ledger}-copies`;
  mkdirSync(copies);
  // not by this process: it would lose its locks when it closes the file
  execFileSync('cp', [ledger, `${ledger}-wal`, copies]);
  await subscription.close();
  await engine.close();
  expect(existsSync(`${copies}/${LEDGER}-wal`)).toBe(true);
  return filesOf(copies);
}
