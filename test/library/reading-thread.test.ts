/**
 * The library's reading thread, in separate processes with the built package: long replays read ahead, and their end
 * has no side effects.
 */

import { createHash } from 'node:crypto';
import Database from 'better-sqlite3';
import { expect, test } from 'vitest';
import { decodeBody, encodeBody } from '../../src/core/frames/frame-codec.ts';
import { expectSoundLedger, storedEvents } from '../support/invariants.ts';
import { wideLedgers } from '../support/large-ledger.ts';
import { newLedger, succeed } from '../support/ledger-cli.ts';
import { runLibrary } from '../support/library-process.ts';
import { quick } from '../support/test-size.ts';

const LINES = quick(5000, 10_000);
/** An event after the first commit, which is the first page. */
const FAR = 2500;

/** Compressed: the thread decompresses, and what it delivers is compared with what SQLite shows of the view. */
const largeLedger = wideLedgers(LINES, '--compression', 'zstd');

/** For the process: a digest over events as they were read, and a report of every Nth one. */
const ALSO = `
  const { createHash } = await import('node:crypto');
  async function digestOf(events) {
    const hash = createHash('sha256');
    let count = 0;
    for await (const { sequence, partition, offset, payload } of events) {
      hash.update(sequence + ' ' + partition + ' ' + offset + ' ' + payload + '\\n');
      count++;
    }
    return { count, digest: hash.digest('hex') };
  }`;

interface Digest {
  readonly count: number;
  readonly digest: string;
}

/** The same digest, by SQLite's own reading through the view of events. */
function storedDigest(
  ledger: string,
  isDelivered: (event: { sequence: number; partition: string }) => boolean,
): Digest {
  const hash = createHash('sha256');
  const events = storedEvents(ledger).filter(isDelivered);
  for (const { sequence, partition, offset, payload } of events)
    hash.update(`${sequence} ${partition} ${offset} ${payload}\n`);
  return { count: events.length, digest: hash.digest('hex') };
}

test('a replay of the first events starts none', async () => {
  const ledger = await largeLedger();
  const first = (limit: number) =>
    runLibrary<{ first: Digest }>(
      ledger,
      `return { first: await digestOf((await open()).replay({ limit: ${limit} })) };`,
      ALSO,
    );
  expect(await first(10)).toEqual({ first: storedDigest(ledger, ({ sequence }) => sequence <= 10), threads: 0 });
  expect(await first(FAR)).toEqual({ first: storedDigest(ledger, ({ sequence }) => sequence <= FAR), threads: 1 });
});

test('a long replay starts one, and delivers what is in the ledger', async () => {
  const ledger = await largeLedger();
  const delivered = await runLibrary<{ all: Digest }>(
    ledger,
    'return { all: await digestOf((await open()).replay({ determinism: "strict" })) };',
    ALSO,
  );
  expect(delivered).toEqual({ all: storedDigest(ledger, () => true), threads: 1 });
  expect(delivered.all.count).toBe(LINES);
});

test('a part of the history and of the partitions is cut to the event, with a thread as without', async () => {
  const ledger = await largeLedger();
  const [from, through] = [777, LINES - 555];
  const delivered = await runLibrary<{ strict: Digest; relaxed: Digest; single: number[] }>(
    ledger,
    `const engine = await open();
    const range = { fromSequence: ${from}, throughSequence: ${through}, partitions: ['p0', 'p2'] };
    const [strict, relaxed] = await Promise.all(['strict', 'relaxed'].map((determinism) => digestOf(engine.replay({ ...range, determinism }))));
    const single = [];
    for (let sequence = 1; sequence <= ${LINES}; sequence += 797) single.push(JSON.parse((await engine.event(sequence)).payload).n);
    await engine.close();
    return { strict, relaxed, single };`,
    ALSO,
  );
  const stored = storedDigest(
    ledger,
    ({ sequence, partition }) => sequence >= from && sequence <= through && partition !== 'p1',
  );
  expect(delivered).toMatchObject({ strict: stored, relaxed: stored, threads: 2 });
  expect(delivered.single).toEqual(delivered.single.map((_, nth) => 1 + nth * 797));
});

test('a short replay of a large ledger starts none', async () => {
  const ledger = await largeLedger();
  const delivered = await runLibrary<{ count: number }>(
    ledger,
    `const engine = await open();
    const { count } = await digestOf(engine.replay({ fromSequence: 10, throughSequence: 20 }));
    await digestOf(engine.tail({ last: 5 }));
    await engine.close();
    return { count };`,
    ALSO,
  );
  expect(delivered).toEqual({ count: 11, threads: 0 });
});

test.each(['strict', 'relaxed'])(
  'another body far in a %s replay is named by its hash, after everything before it',
  async (determinism) => {
    const ledger = await largeLedger();
    const commit = exchangeBody(ledger);
    const delivered = await runLibrary<{ count: number; code: string; sequence: number }>(
      ledger,
      `const engine = await open({ access: 'read' });
    let count = 0;
    try {
      for await (const { sequence } of engine.replay({ determinism: '${determinism}' })) count = sequence;
    } catch ({ code, details }) {
      return { count, code, sequence: details.sequence };
    } finally {
      await engine.close();
    }
    return { count, code: 'NONE', sequence: 0 };`,
    );
    // the body is sound in itself: only its hash shows that it is another one, and a relaxed replay computes none
    if (determinism === 'relaxed') expect(delivered).toEqual({ count: LINES, code: 'NONE', sequence: 0, threads: 1 });
    else expect(delivered).toEqual({ count: commit - 1, code: 'VERIFICATION_FAILED', sequence: commit, threads: 1 });
  },
);

/** Puts another body, compressed and of the same size, into the last commit. Returns its sequence. */
function exchangeBody(ledger: string): number {
  const db = new Database(ledger);
  try {
    const row = db.prepare('SELECT sequence, plain_bytes, body FROM p1 ORDER BY sequence DESC LIMIT 1').get() as {
      sequence: number;
      plain_bytes: number;
      body: Buffer;
    };
    expect(row.sequence).toBeGreaterThan(FAR);
    const plain = decodeBody({ bytes: row.body, plainBytes: row.plain_bytes });
    plain.write('y', plain.indexOf('xxx'));
    const { bytes } = encodeBody(plain, { codec: 'zstd', level: 1 });
    db.prepare('UPDATE p1 SET body = ? WHERE sequence = ?').run(bytes, row.sequence);
    return row.sequence;
  } finally {
    db.close();
  }
}

/** Ways to leave a replay after N events: still on the first page, or far past it. */
const WAYS = [
  'for await (const event of engine.replay()) if (event.sequence === last) break;',
  'try { for await (const event of engine.replay()) if (event.sequence === last) throw new Error("no more"); } catch {}',
  'const abort = new AbortController(); for await (const event of engine.replay({ signal: abort.signal })) if (event.sequence === last) abort.abort();',
  'let delivered = 0; await engine.replay().deliver({ deliver: async (batches) => { for (const { count } of batches) delivered += count; return delivered < last; } });',
  `let delivered = 0;
   const sink = { deliver: async (batches) => { for (const { count } of batches) delivered += count; if (delivered >= last) throw new Error("no more"); return true; } };
   try { await engine.replay().deliver(sink); } catch {}`,
  'const events = engine.replay()[Symbol.asyncIterator](); for (let n = 0; n < last; n++) await events.next();',
];

test('a caller that leaves a replay early is held by nothing, whether it closes its engine or forgets to, and the ledger goes on', async () => {
  const ledger = await largeLedger();
  const leaving = quick(WAYS.slice(0, 4), WAYS).map((way) => `async (engine, last) => { ${way} }`);
  const delivered = await runLibrary<{ sequences: number[] }>(
    ledger,
    `const sequences = [];
    for (const [nth, leave] of [${leaving.join(', ')}].entries()) {
      for (const last of [3, ${FAR}]) {
        for (const closes of ${quick('[nth % 2 === 0]', '[true, false]')}) {
          const engine = await open();
          await leave(engine, last);
          sequences.push((await engine.emit({ n: 0, k: 1 })).sequence);
          if (closes) await engine.close();
        }
      }
    }
    return { sequences };`,
  );
  const left = leaving.length * quick(2, 4);
  expect(delivered.sequences).toEqual(Array.from({ length: left }, (_, nth) => LINES + 1 + nth));
  expect(delivered.threads).toBeGreaterThanOrEqual(leaving.length);
  expect(await expectSoundLedger(ledger)).toHaveLength(LINES + left);
});

test('an engine that is closed ends the thread of an iteration that was left where it was', async () => {
  const ledger = await largeLedger();
  const delivered = await runLibrary<{ exitsAtClose: number }>(
    ledger,
    `let exits = 0;
    subscribe('worker_threads', ({ worker }) => worker.once('exit', () => exits++));
    const engine = await open();
    const events = engine.replay()[Symbol.asyncIterator]();
    for (let n = 0; n < ${FAR}; n++) await events.next();
    await engine.close();
    return { exitsAtClose: exits };`,
  );
  expect(delivered).toEqual({ exitsAtClose: 1, threads: 1 });
});

test('closing an engine ends its running replays', async () => {
  const ledger = await largeLedger();
  const delivered = await runLibrary<{ codes: string[] }>(
    ledger,
    `const codes = [];
    for (const last of [3, ${FAR}]) {
      const engine = await open();
      try {
        for await (const { sequence } of engine.replay()) if (sequence === last) await engine.close();
      } catch (error) {
        codes.push(error.code);
      }
    }
    return { codes };`,
  );
  expect(delivered.codes).toEqual(['CLOSED', 'CLOSED']);
});

test('kept events keep their payloads while later pages are read', async () => {
  const ledger = await largeLedger();
  const delivered = await runLibrary<{ kept: number; changed: number }>(
    ledger,
    `const engine = await open();
    const kept = [];
    for await (const event of engine.replay()) if (event.sequence % 50 === 1) kept.push({ event, text: event.payload.toString() });
    await engine.close();
    const changed = kept.filter(({ event, text }) => event.payload.toString() !== text || JSON.parse(text).n !== event.sequence);
    return { kept: kept.length, changed: changed.length };`,
  );
  expect(delivered).toEqual({ kept: LINES / 50, changed: 0, threads: 1 });
});

test('a ledger that was replaced after the first page is delivered as it was, or not at all', async () => {
  const [ledger, other] = [await largeLedger(), await newLedger()];
  await succeed(['emit', '-q', '-l', other], { input: '{"n":"stranger"}\n'.repeat(2 * LINES) });
  const delivered = await runLibrary<{ count: number; strangers: number; code: string | null }>(
    ledger,
    `const { renameSync } = await import('node:fs');
    const engine = await open({ access: 'read' });
    let [count, strangers, code] = [0, 0, null];
    try {
      for await (const { sequence, payload } of engine.replay()) {
        if (sequence === 1) renameSync(${JSON.stringify(other)}, ledger);
        if (JSON.parse(payload).n !== sequence) strangers++;
        count++;
      }
    } catch (error) {
      code = error.code;
    }
    await engine.close();
    return { count, strangers, code };`,
  );
  expect(delivered.strangers).toBe(0);
  if (delivered.code === null) expect(delivered.count).toBe(LINES);
  else expect(delivered.code).toBe('LEDGER_REPLACED');
});

test('an engine with a signal may replay as often as it likes', async () => {
  const ledger = await largeLedger();
  // a warning of too many listeners would stand on standard error; the fourth of those that a replay leaves would be one too many
  const delivered = await runLibrary<{ digests: string[] }>(
    ledger,
    `const { setMaxListeners } = await import('node:events');
    const { signal } = new AbortController();
    setMaxListeners(3, signal);
    const engine = await open({ signal });
    const digests = [];
    for (let nth = 0; nth < 4; nth++) digests.push((await engine.replay({ throughSequence: ${FAR} })).digest);
    await engine.close();
    return { digests: [...new Set(digests)] };`,
  );
  expect(delivered.threads).toBe(4);
  expect(delivered.digests).toHaveLength(1);
});
