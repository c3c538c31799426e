/**
 * Round trips through the library and a real ledger: replay returns the emitted bytes, and envelopes restore the
 * ledger.
 */

import { join } from 'node:path';
import { Writable } from 'node:stream';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  Completengine,
  type EventFormat,
  formats,
  type OpenOptions,
  type StreamReport,
  StreamSink,
} from '../../src/index.ts';
import { expectSoundLedger, storedEvents } from '../support/invariants.ts';
import { jsonLine } from '../support/json-lines.ts';
import { cutInto, flowing, pieceSizes, trickling } from '../support/pieces.ts';
import { tempDir } from '../support/temp-dir.ts';
import { quick } from '../support/test-size.ts';

const RUNS = { numRuns: quick(16, 60) };
const NOON = Date.parse('2026-04-12T12:00:00Z') * 1000;

/** A clock that advances by slightly more than a millisecond on each read. */
function tickingClock() {
  let now = NOON;
  return {
    nowMicros: () => {
      now += 1001;
      return now;
    },
  };
}

/** A new name for each ledger of a run, in one directory. */
function ledgerPaths(): () => string {
  const directory = tempDir();
  let made = 0;
  return () => join(directory, `${made++}.codex`);
}

async function withEngine<Result>(
  options: OpenOptions,
  use: (engine: Completengine) => Promise<Result>,
): Promise<Result> {
  const engine = await Completengine.open({ partitions: 3, clock: tickingClock(), ...options });
  try {
    return await use(engine);
  } finally {
    await engine.close();
  }
}

async function replayed(engine: Completengine, form: EventFormat): Promise<{ bytes: Buffer; report: StreamReport }> {
  const parts: Buffer[] = [];
  const stream = new Writable({
    write(part: Buffer, _encoding, done) {
      parts.push(Buffer.from(part));
      done();
    },
  });
  const report = await engine.replay().deliver(new StreamSink(stream, form));
  return { bytes: Buffer.concat(parts), report };
}

interface Placed {
  readonly sequence: number;
  readonly partition: string;
  readonly offset: number;
  readonly time: number;
  readonly payload: string;
}

async function eventsOf(engine: Completengine): Promise<Placed[]> {
  const events: Placed[] = [];
  for await (const { sequence, partition, offset, time, payload } of engine.replay()) {
    events.push({ sequence, partition, offset, time, payload: payload.toString() });
  }
  return events;
}

/** Lines with ends of both kinds, blank ones among them; the last one may have none. */
interface Input {
  readonly payloads: readonly string[];
  readonly bytes: Buffer;
}

const blankLine = fc.constantFrom('', ' ', '\t', '\r', ' \r');
const input: fc.Arbitrary<Input> = fc
  .record({
    lines: fc.array(
      fc.tuple(
        fc.oneof({ weight: 5, arbitrary: jsonLine }, { weight: 1, arbitrary: blankLine }),
        fc.constantFrom('\n', '\r\n'),
      ),
      {
        maxLength: 25,
      },
    ),
    hasMark: fc.boolean(),
    endsOpen: fc.boolean(),
  })
  .map(({ lines, hasMark, endsOpen }) => {
    const text = lines.map(([line, end], at) => line + (endsOpen && at === lines.length - 1 ? '' : end)).join('');
    const payloads = lines.map(([line]) => line).filter((line) => /[^ \t\r]/.test(line));
    return { payloads, bytes: Buffer.from((hasMark ? '\ufeff' : '') + text) };
  });
const compression = fc.constantFrom('none', 'zstd');
const flow = fc.constantFrom(flowing<Buffer>, trickling<Buffer>);

const ended = (payloads: readonly string[]) => payloads.map((payload) => `${payload}\n`).join('');

describe('an input', () => {
  it('is replayed to the byte, however it was cut, and SQLite shows the same payloads', async () => {
    const nextPath = ledgerPaths();
    await fc.assert(
      fc.asyncProperty(input, pieceSizes, flow, compression, async ({ payloads, bytes }, sizes, source, codec) => {
        const ledger = nextPath();
        await withEngine({ ledger, compression: codec }, async (engine) => {
          const emitted = await engine.emit(source(cutInto(bytes, sizes)));
          expect(emitted).toMatchObject({
            events: payloads.length,
            bytes: Buffer.byteLength(payloads.join('')),
            isComplete: true,
          });
          const { bytes: delivered, report } = await replayed(engine, formats.payload);
          expect(delivered.toString()).toBe(ended(payloads));
          expect(report).toMatchObject({ events: payloads.length, isVerified: true, isComplete: true });
        });
        expect(storedEvents(ledger).map(({ payload }) => payload)).toEqual(payloads);
      }),
      RUNS,
    );
  });

  it('is replayed to the byte where it was emitted value by value, and as a list', async () => {
    const nextPath = ledgerPaths();
    await fc.assert(
      fc.asyncProperty(fc.array(fc.jsonValue({ stringUnit: 'grapheme' }), { maxLength: 8 }), async (values) => {
        const ledger = nextPath();
        await withEngine({ ledger }, async (engine) => {
          // a string would be taken as JSON text
          const texts = values.map((value) => JSON.stringify(value));
          const receipts = [
            ...(await Promise.all(texts.map((text) => engine.emit(text)))),
            ...(await engine.emit(texts.map((text) => Buffer.from(text)))),
          ];
          expect(receipts.map(({ sequence }) => sequence)).toEqual(receipts.map((_, at) => at + 1));
          expect((await replayed(engine, formats.payload)).bytes.toString()).toBe(ended([...texts, ...texts]));
        });
        await expectSoundLedger(ledger);
      }),
      RUNS,
    );
  });
});

describe('envelopes', () => {
  it('make the same ledger again: the same digest, the same places, the same times', async () => {
    const nextPath = ledgerPaths();
    await fc.assert(
      fc.asyncProperty(
        fc.array(input, { minLength: 1, maxLength: 3 }),
        pieceSizes,
        flow,
        async (inputs, sizes, source) => {
          const [first, second] = [nextPath(), nextPath()];
          const delivered = await withEngine({ ledger: first }, async (engine) => {
            for (const { bytes } of inputs) await engine.emit(flowing([bytes]));
            return { ...(await replayed(engine, formats.envelope)), events: await eventsOf(engine) };
          });
          await withEngine({ ledger: second }, async (engine) => {
            await engine.emit(source(cutInto(delivered.bytes, sizes)), { format: formats.envelope });
            const again = await replayed(engine, formats.envelope);
            expect(again.report.digest).toBe(delivered.report.digest);
            expect(await eventsOf(engine)).toEqual(delivered.events);
            expect(again.bytes.equals(delivered.bytes)).toBe(true);
          });
          await expectSoundLedger(second);
        },
      ),
      RUNS,
    );
  });

  it('keep times and keys where events carry both, late ones among them', async () => {
    const nextPath = ledgerPaths();
    const event = fc.record({
      at: fc.oneof(
        fc.integer({ min: 10 ** 11, max: NOON / 1000 }),
        fc.integer({ min: -(10 ** 10), max: NOON / 1000 }).map((millis) => new Date(millis).toISOString()),
      ),
      tenant: fc.oneof(
        fc.string({ unit: 'grapheme' }),
        fc.double({ noNaN: true, noDefaultInfinity: true }),
        fc.boolean(),
      ),
      body: fc.jsonValue(),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(event, { minLength: 1, maxLength: 20 }), async (events) => {
        const [first, second] = [nextPath(), nextPath()];
        const options = { time: 'at', routing: 'hash:tenant' };
        const delivered = await withEngine({ ledger: first, ...options }, async (engine) => {
          await engine.emit(events);
          return replayed(engine, formats.envelope);
        });
        await withEngine({ ledger: second, ...options }, async (engine) => {
          await engine.emit(flowing([delivered.bytes]), { format: formats.envelope });
          expect((await replayed(engine, formats.envelope)).bytes.toString()).toBe(delivered.bytes.toString());
        });
      }),
      RUNS,
    );
  });

  it('carry a payload of the longest length, however they are cut', async () => {
    const nextPath = ledgerPaths();
    const payload = JSON.stringify('x'.repeat(62));
    const delivered = await withEngine({ ledger: nextPath(), lineBytesMax: 64 }, async (engine) => {
      await engine.emit([payload, payload]);
      return replayed(engine, formats.envelope);
    });
    for (const source of [flowing<Buffer>, trickling<Buffer>]) {
      await withEngine({ ledger: nextPath(), lineBytesMax: 64 }, async (engine) => {
        await engine.emit(source(cutInto(delivered.bytes, [50])), { format: formats.envelope });
        expect((await engine.replay()).digest).toBe(delivered.report.digest);
      });
    }
  });
});

describe('times of one commit', () => {
  it('stay exact where they lie as far apart as times can', async () => {
    const nextPath = ledgerPaths();
    const ledger = nextPath();
    const receipts = await withEngine({ ledger, time: 'at', partitions: 1 }, async (engine) => {
      const emitted = await engine.emit(['{"at":"1827-04-16T00:06:12.629504Z"}', '{"at":"2026-01-01T00:00:00Z"}']);
      expect((await eventsOf(engine)).map(({ time }) => time)).toEqual(emitted.map(({ time }) => time));
      return emitted;
    });
    expect(receipts.map(({ time }) => time)).toEqual([-(2 ** 52), Date.parse('2026-01-01T00:00:00Z') * 1000]);
    await expectSoundLedger(ledger);
  });
});
