/** A ledger that compresses: the same events as a plain one by every way to read it, and what other programs see of it. */

import { createReadStream } from 'node:fs';
import Database from 'better-sqlite3';
import { expect, it, onTestFinished } from 'vitest';
import { type Completengine, hashOf, placedBy } from '../../src/index.ts';
import { EARTHQUAKES } from '../support/cli.ts';
import { FakeClock, failureOf, ledgerPath, openEngine, payloadsOf } from '../support/engines.ts';
import { expectSoundLedger, storedEvents } from '../support/invariants.ts';
import { compressedFrames } from '../support/raw-ledger.ts';

const SETTINGS = { routing: hashOf('properties.net'), time: 'properties.time' };

async function earthquakes(ledger: string, compression: string): Promise<Completengine> {
  const engine = await openEngine({ ledger, ...SETTINGS, compression, clock: new FakeClock() });
  await engine.emit(createReadStream(EARTHQUAKES));
  return engine;
}

/** What each way to read delivers. */
async function delivered(engine: Completengine): Promise<unknown> {
  const seen: string[] = [];
  await (
    await engine.subscribe({ group: 'g', until: { head: true } }, (delivery) => {
      for (const { sequence, payload } of delivery) seen.push(`${sequence} ${payload}`);
    })
  ).finished;
  const head = await engine.head();
  return {
    strict: await payloadsOf(engine.replay({ determinism: 'strict' })),
    relaxed: await payloadsOf(engine.replay({ determinism: 'relaxed', partitions: ['p1', 'p5'] })),
    key: await payloadsOf(engine.replay({ key: 'us' })),
    late: await payloadsOf(engine.replay({ from: '2026-04-14T00:00:00Z' })),
    last: await payloadsOf(engine.tail({ last: 7 })),
    single: (await engine.event(800))?.payload.toString(),
    group: seen.sort(),
    verified: (await engine.verify()).events,
    sequence: head.sequence,
  };
}

it('is read like a plain one, and takes less', async () => {
  const [plainPath, path] = [ledgerPath(), ledgerPath()];
  const plain = await earthquakes(plainPath, 'none');
  const engine = await earthquakes(path, 'zstd');
  expect(compressedFrames(plainPath)).toBe(0);
  expect(compressedFrames(path)).toBeGreaterThan(0);
  expect(await delivered(engine)).toEqual(await delivered(plain));

  const [plainSizes, sizes] = [await sizesOf(plain), await sizesOf(engine)];
  expect(plainSizes.storedBytes).toBe(plainSizes.bytes);
  // the stream was cut into other commits
  expect(Math.abs(sizes.bytes / plainSizes.bytes - 1)).toBeLessThan(0.01);
  expect(sizes.storedBytes).toBeLessThan(sizes.bytes / 3);
});

async function sizesOf(engine: Completengine): Promise<{ bytes: number; storedBytes: number }> {
  const { partitions } = await engine.inspect();
  return {
    bytes: partitions.reduce((sum, { bytes }) => sum + bytes, 0),
    storedBytes: partitions.reduce((sum, { storedBytes }) => sum + storedBytes, 0),
  };
}

it('shows the same rows in the view where zstd_text() is registered, and elsewhere none at all', async () => {
  const [plainPath, path] = [ledgerPath(), ledgerPath()];
  await (await earthquakes(plainPath, 'none')).close();
  await (await earthquakes(path, 'zstd:3')).close();
  expect(storedEvents(path)).toEqual(storedEvents(plainPath));

  const db = new Database(path, { readonly: true });
  onTestFinished(() => void db.close());
  expect(() => db.prepare('SELECT count(*) FROM events').get()).toThrow('no such function: zstd_text');
  const plain = new Database(plainPath, { readonly: true });
  onTestFinished(() => void plain.close());
  expect(plain.prepare('SELECT count(*) FROM events').pluck().get()).toBe(storedEvents(plainPath).length);
});

it('keeps small bodies plain, and adds partitions to its view', async () => {
  const ledger = ledgerPath();
  const engine = await openEngine({ ledger, routing: placedBy('to'), partitions: ['one'], compression: 'zstd' });
  await engine.emit({ to: 'one', n: 1 });
  await engine.emit({ to: 'one', n: 2, text: 'x'.repeat(1000) });
  expect(compressedFrames(ledger)).toBe(1);
  await engine.partitioning.add(['more']);
  await engine.emit({ to: 'more', n: 3, text: 'x'.repeat(1000) });
  expect(compressedFrames(ledger)).toBe(2);
  expect((await expectSoundLedger(ledger)).map(({ payload }) => JSON.parse(payload).n)).toEqual([1, 2, 3]);
});

it('has a fixed compression, which the chain covers', async () => {
  const ledger = ledgerPath();
  const engine = await openEngine({ ledger, compression: 'zstd' });
  expect(engine.identity.config.compression).toEqual({ codec: 'zstd', level: 1 });
  await engine.close();
  const other = await failureOf(() => openEngine({ ledger, compression: 'none' }), 'CONFIG_MISMATCH');
  expect(other.message).toContain('compression is zstd:1, not none');
  await failureOf(() => openEngine({ ledger, compression: 'zstd:2' }), 'CONFIG_MISMATCH');
  await (await openEngine({ ledger, compression: 'zstd:1' })).close();
  await failureOf(() => openEngine({ compression: 'gzip' }), 'INVALID_ARGUMENT');

  const db = new Database(ledger);
  db.exec(`UPDATE ledger SET config = replace(config, 'zstd:1', 'zstd:2')`);
  db.close();
  await failureOf(() => openEngine({ ledger }), 'VERIFICATION_FAILED');
});

it('says nothing of compression in the settings of a plain ledger', async () => {
  const ledger = ledgerPath();
  await (await openEngine({ ledger })).close();
  const db = new Database(ledger, { readonly: true });
  onTestFinished(() => void db.close());
  expect(db.prepare('SELECT config FROM ledger').pluck().get()).not.toContain('compression');
  expect(db.pragma('auto_vacuum', { simple: true })).toBe(2);
});
