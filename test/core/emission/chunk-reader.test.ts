/** The chunk reader: however a stream is split, it yields the same lines at the same positions, in bounded memory. */

import { closeSync, openSync } from 'node:fs';
import { PassThrough, Readable } from 'node:stream';
import { setImmediate as nextTurn } from 'node:timers/promises';
import fc from 'fast-check';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { FileSource } from '../../../src/cli/emit/direct-source.ts';
import { type ByteSink, type ByteSource, StreamSource } from '../../../src/core/emission/input/byte-source.ts';
import type { Chunk } from '../../../src/core/emission/input/chunk.ts';
import { type ChunkLimits, ChunkReader } from '../../../src/core/emission/input/chunk-reader.ts';
import { fileIn } from '../../support/ledger-cli.ts';
import { cutInto, flowing, pieceSizes, trickling } from '../../support/pieces.ts';
import { tempDir } from '../../support/temp-dir.ts';
import { quick } from '../../support/test-size.ts';

type Source = ConstructorParameters<typeof StreamSource>[0];

const ROOMY: ChunkLimits = { chunkBytes: 1 << 20, lineBytesMax: 1 << 20 };
const BYTE_ORDER_MARK = '\ufeff';

interface Delivered {
  /** The lines' bytes, a line end of LF excluded. */
  readonly lines: Buffer[];
  readonly chunks: { readonly position: number; readonly nextPosition: number; readonly input: Buffer }[];
}

/** Reads everything and copies it, because a chunk's memory is used again. */
function readAll(source: Source, limits = ROOMY, signal?: AbortSignal): Promise<Delivered> {
  return readSource(new StreamSource(source), limits, signal);
}

async function readSource(source: ByteSource, limits = ROOMY, signal?: AbortSignal): Promise<Delivered> {
  const delivered: Delivered = { lines: [], chunks: [] };
  const reader = new ChunkReader(source, limits, { signal });
  try {
    for (let chunk = await reader.next(); chunk !== null; chunk = await reader.next()) {
      delivered.lines.push(...linesOf(chunk));
      const { position, nextPosition } = chunk;
      delivered.chunks.push({
        position,
        nextPosition,
        input: Buffer.from(chunk.bytes.subarray(0, nextPosition - position)),
      });
    }
  } finally {
    reader.close();
  }
  return delivered;
}

function linesOf({ bytes, start, end }: Chunk): Buffer[] {
  expect(bytes[end - 1]).toBe(0x0a);
  return splitLines(bytes.subarray(start, end));
}

/** Splits lines in the simplest way; a non-empty rest after the last line feed counts as a line. */
function splitLines(bytes: Uint8Array): Buffer[] {
  const lines = Buffer.from(bytes).toString('latin1').split('\n');
  if (lines.at(-1) === '') lines.pop();
  return lines.map((line) => Buffer.from(line, 'latin1'));
}

const texts = (lines: readonly Buffer[]) => lines.map((line) => line.toString());
const startsWithMark = (bytes: Buffer) => bytes.subarray(0, 3).equals(Buffer.from(BYTE_ORDER_MARK));

const lineBytes = fc.oneof(
  fc.uint8Array({ maxLength: 12 }).map((bytes) => Buffer.from(bytes.map((byte) => (byte === 0x0a ? 0x20 : byte)))),
  fc.integer({ min: 0, max: 90 }).map((length) => Buffer.alloc(length, 'x')),
  fc.constantFrom('', '\r', '\r\r', '{"a":1}', 'ä🐟', BYTE_ORDER_MARK).map((text) => Buffer.from(text)),
);
const lineEnd = fc.constantFrom('\n', '\r\n');

const input = fc
  .record({
    lines: fc.array(fc.tuple(lineBytes, lineEnd), { maxLength: 20 }),
    hasMark: fc.boolean(),
    endsOpen: fc.boolean(),
  })
  .map(({ lines, hasMark, endsOpen }) => {
    const bytes = Buffer.concat(lines.flatMap(([line, end]) => [line, Buffer.from(end)]));
    const marked = hasMark ? Buffer.concat([Buffer.from(BYTE_ORDER_MARK), bytes]) : bytes;
    return endsOpen && marked.length > 0 ? marked.subarray(0, -1) : marked;
  });
const flow = fc.constantFrom(flowing<Buffer>, trickling<Buffer>);
const chunkBytes = fc.oneof(fc.integer({ min: 1, max: 40 }), fc.constant(1 << 20));

describe('any cutting of the input', () => {
  it('gives the same lines, and chunks that cover the input without a gap', async () => {
    await fc.assert(
      fc.asyncProperty(input, pieceSizes, flow, chunkBytes, async (bytes, sizes, source, size) => {
        const { lines, chunks } = await readAll(source(cutInto(bytes, sizes)), {
          chunkBytes: size,
          lineBytesMax: 1 << 20,
        });
        const expected = splitLines(bytes);
        if (startsWithMark(bytes)) expected[0] = (expected[0] as Buffer).subarray(3);
        expect(lines).toEqual(expected);
        let reached = 0;
        for (const { position, nextPosition } of chunks) {
          expect(position).toBe(reached);
          expect(nextPosition).toBeGreaterThan(position);
          reached = nextPosition;
        }
        expect(reached).toBe(bytes.length);
      }),
      { numRuns: quick(150, 400) },
    );
  });

  it('gives the same lines within the limit, and of each longer one a beginning that is too long as well', async () => {
    // marks have their own tests below
    const unmarked = input.filter((bytes) => !startsWithMark(bytes));
    await fc.assert(
      fc.asyncProperty(
        unmarked,
        pieceSizes,
        flow,
        chunkBytes,
        fc.integer({ min: 1, max: 60 }),
        async (bytes, sizes, source, size, lineBytesMax) => {
          const { lines, chunks } = await readAll(source(cutInto(bytes, sizes)), { chunkBytes: size, lineBytesMax });
          const expected = splitLines(bytes);
          expect(lines).toHaveLength(expected.length);
          for (const [at, line] of expected.entries()) {
            const delivered = lines[at] as Buffer;
            if (payloadBytes(line) <= lineBytesMax) {
              expect(delivered).toEqual(line);
            } else {
              expect(payloadBytes(delivered)).toBeGreaterThan(lineBytesMax);
              expect(delivered).toEqual(line.subarray(0, delivered.length));
            }
          }
          for (const chunk of chunks) expect(chunk.input).toEqual(bytes.subarray(chunk.position, chunk.nextPosition));
        },
      ),
      { numRuns: quick(200, 600) },
    );
  });

  it('does not matter to text in strings, whose characters may be cut in two', async () => {
    const whole = '"a🐟b"\n"🐠"';
    for (let size = 1; size <= whole.length; size++) {
      const pieces = Array.from({ length: Math.ceil(whole.length / size) }, (_, nth) =>
        whole.slice(nth * size, (nth + 1) * size),
      );
      expect(texts((await readAll(flowing(pieces))).lines), `pieces of ${size}`).toEqual(['"a🐟b"', '"🐠"']);
    }
  });
});

function payloadBytes(line: Buffer): number {
  return line.at(-1) === 0x0d ? line.length - 1 : line.length;
}

describe('the end of the input', () => {
  it('ends the last line, with or without a line feed', async () => {
    expect(texts((await readAll(flowing([Buffer.from('1\n2')]))).lines)).toEqual(['1', '2']);
    expect(texts((await readAll(flowing([Buffer.from('1\n2\n')]))).lines)).toEqual(['1', '2']);
  });

  it('is all there is of an empty input', async () => {
    expect(await readAll(flowing([]))).toEqual({ lines: [], chunks: [] });
    expect(await readAll(Readable.from([Buffer.alloc(0)]))).toEqual({ lines: [], chunks: [] });
  });

  it('is reported on every read', async () => {
    const reader = new ChunkReader(new StreamSource(flowing([Buffer.from('1')])), ROOMY);
    expect(await reader.next()).not.toBeNull();
    expect(await reader.next()).toBeNull();
    expect(await reader.next()).toBeNull();
    reader.close();
  });

  it('is not reached by a stream that breaks: its error is thrown after the whole lines, and no half line is delivered', async () => {
    const broken = new PassThrough();
    const failure = new Error('the wire was cut');
    const reader = new ChunkReader(new StreamSource(broken), ROOMY);
    broken.write('1\n12');
    await nextTurn();
    broken.destroy(failure);
    expect(texts(linesOf((await reader.next()) as Chunk))).toEqual(['1']);
    await expect(reader.next()).rejects.toBe(failure);
    reader.close();
  });

  it('is not reached by a stream that is closed early without an error: no half line is delivered', async () => {
    const closed = new PassThrough();
    const reading = readAll(closed).then(
      ({ lines }) => texts(lines),
      () => [],
    );
    closed.write('12');
    await nextTurn();
    closed.destroy();
    expect(await reading).not.toContain('12');
  });
});

describe('a byte order mark', () => {
  it('is dropped at the start of the input, and still counts as part of it', async () => {
    const { lines, chunks } = await readAll(flowing([Buffer.from(`${BYTE_ORDER_MARK}1\n${BYTE_ORDER_MARK}2\n`)]));
    expect(texts(lines)).toEqual(['1', `${BYTE_ORDER_MARK}2`]);
    expect(chunks).toMatchObject([{ position: 0, nextPosition: 10 }]);
  });

  it('is dropped where it comes byte by byte', async () => {
    const pieces = cutInto(Buffer.from(`${BYTE_ORDER_MARK}{"a":1}`), [1]);
    expect(texts((await readAll(trickling(pieces))).lines)).toEqual(['{"a":1}']);
  });

  it('leaves nothing of an input that is nothing else', async () => {
    expect(texts((await readAll(flowing([Buffer.from(BYTE_ORDER_MARK)]))).lines)).toEqual(['']);
  });

  it('does not count as a part of its line: one within the limit comes whole', async () => {
    const pieces = cutInto(Buffer.from(`${BYTE_ORDER_MARK}123456\n7\n`), [1]);
    expect(texts((await readAll(trickling(pieces), { chunkBytes: 64, lineBytesMax: 6 })).lines)).toEqual([
      '123456',
      '7',
    ]);
  });

  it('does not make a line that is too long look like a shorter one', async () => {
    const pieces = cutInto(Buffer.from(`${BYTE_ORDER_MARK}1234567890\n7\n`), [1]);
    const { lines } = await readAll(trickling(pieces), { chunkBytes: 64, lineBytesMax: 6 });
    expect(lines).toHaveLength(2);
    expect(lines[0]?.length).toBeGreaterThan(6);
  });
});

describe('a line that is too long', () => {
  it('is passed over to its end, and the next line is whole again', async () => {
    const bytes = Buffer.from(`1\n${'x'.repeat(5000)}\n2\n${'y'.repeat(5000)}\n\n3`);
    for (const sizes of [[1], [7], [64], [4999], [bytes.length]]) {
      const { lines, chunks } = await readAll(trickling(cutInto(bytes, sizes)), { chunkBytes: 16, lineBytesMax: 8 });
      expect(texts(lines).map((line) => line.slice(0, 9))).toEqual(['1', 'xxxxxxxxx', '2', 'yyyyyyyyy', '', '3']);
      expect(chunks.at(-1)?.nextPosition).toBe(bytes.length);
    }
  });

  it('does not fill the memory, however long it is', async () => {
    const piece = Buffer.alloc(64 * 1024, 'x');
    let most = 0;
    const before = process.memoryUsage().arrayBuffers;
    async function* endless() {
      for (let nth = 0; nth < 1024; nth++) {
        yield piece;
        most = Math.max(most, process.memoryUsage().arrayBuffers - before);
      }
      yield Buffer.from('\n1\n');
    }
    const { lines } = await readAll(endless(), { chunkBytes: 256 * 1024, lineBytesMax: 1000 });
    expect(texts(lines).map((line) => line.length)).toEqual([1002, 1]);
    expect(most).toBeLessThan(8 * 1024 * 1024);
  });
});

describe('what is there', () => {
  it('is taken without waiting for more', async () => {
    const stream = new PassThrough();
    const reader = new ChunkReader(new StreamSource(stream), ROOMY);
    stream.write('1\n2\nhal');
    const first = (await reader.next()) as Chunk;
    expect(texts(linesOf(first))).toEqual(['1', '2']);
    stream.write('f\n');
    expect(texts(linesOf((await reader.next()) as Chunk))).toEqual(['half']);
    reader.close();
  });

  it('is taken from a fast producer up to a bound while no chunk is requested', async () => {
    let given = 0;
    async function* fast() {
      while (given < 10_000_000) {
        given += 1000;
        yield Buffer.alloc(1000, '1\n');
      }
    }
    const reader = new ChunkReader(new StreamSource(fast()), { chunkBytes: 50_000, lineBytesMax: 100 });
    await reader.next();
    for (let turn = 0; turn < 1000; turn++) await nextTurn();
    expect(given).toBeLessThan(4 * 50_000);
    reader.close();
  });

  it('stays as it was handed out while the next chunk is read', async () => {
    const stream = new PassThrough();
    const reader = new ChunkReader(new StreamSource(stream), ROOMY);
    stream.write('"first"\n"ha');
    const first = (await reader.next()) as Chunk;
    stream.write('lf"\n');
    const second = (await reader.next()) as Chunk;
    expect([...texts(linesOf(first)), ...texts(linesOf(second))]).toEqual(['"first"', '"half"']);
    reader.close();
  });
});

const PIPE_BYTES = 64 * 1024;

/** A pipe whose writer is blocked whenever it is full, and fills it again some turns of the event loop after it is empty. */
class FullPipe implements ByteSource {
  readonly isPrompt = false;
  #left: number;
  #held = 0;
  #sink: ByteSink | undefined;
  #isFlowing = false;

  constructor(bytes: number) {
    this.#left = bytes;
  }

  start(sink: ByteSink): void {
    this.#sink = sink;
    this.#fill();
    this.resume();
  }

  resume(): void {
    if (this.#isFlowing) return;
    this.#isFlowing = true;
    void this.#read();
  }

  close(): void {
    this.#sink = undefined;
  }

  #fill(): void {
    const added = Math.min(PIPE_BYTES - this.#held, this.#left);
    this.#held += added;
    this.#left -= added;
  }

  /** As a socket reads: at once after a read that filled its room, else when there is more. */
  async #read(): Promise<void> {
    while (this.#isFlowing) {
      for (let turn = 0; turn < 5 && this.#held === 0; turn++) await nextTurn();
      if (this.#held === 0) this.#fill();
      if (this.#held === 0) return this.#sink?.ended();
      const room = this.#sink?.room(PIPE_BYTES) ?? Buffer.alloc(0);
      const bytes = Math.min(room.length, this.#held);
      room.fill('1234567\n', 0, bytes);
      this.#held -= bytes;
      this.#isFlowing = this.#sink?.arrived(room, bytes) ?? false;
    }
  }
}

describe('a full pipe', () => {
  it('fills every chunk but the last, also where a chunk is not as long as some pipes', async () => {
    // the writer is never too slow, however loaded this machine is
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
    onTestFinished(() => void vi.useRealTimers());
    const bytes = 40 * PIPE_BYTES;
    for (const chunkBytes of [4 * PIPE_BYTES, 737_856, 737_856 - 8, 300_000]) {
      const { chunks } = await readSource(new FullPipe(bytes), { chunkBytes, lineBytesMax: 100 });
      expect(chunks.at(-1)?.nextPosition).toBe(bytes);
      expect(chunks).toHaveLength(Math.ceil(bytes / chunkBytes));
    }
  });
});

describe('a busy ledger', () => {
  const busy = () => {
    let end = () => {};
    const promise = new Promise<void>((resolve) => {
      end = resolve;
    });
    return { promise, end };
  };
  const readerOf = (stream: PassThrough, isBusy: () => Promise<void> | null, limits = ROOMY, signal?: AbortSignal) =>
    new ChunkReader(new StreamSource(stream), limits, { signal, busy: isBusy });
  /** Whether the promise is pending after many turns of the event loop. */
  const isPending = async (promise: Promise<unknown>) => {
    let isOver = false;
    void promise.then(() => {
      isOver = true;
    });
    for (let turn = 0; turn < 20; turn++) await nextTurn();
    return !isOver;
  };

  it('gets what has come meanwhile as one chunk, when it is free', async () => {
    const stream = new PassThrough();
    const { promise, end } = busy();
    const reader = readerOf(stream, () => promise);
    const reading = reader.next();
    for (const line of ['1\n', '2\n', '3\n']) {
      stream.write(line);
      expect(await isPending(reading)).toBe(true);
    }
    end();
    expect(texts(linesOf((await reading) as Chunk))).toEqual(['1', '2', '3']);
    reader.close();
  });

  it('is asked only when something has come: one that is free then gets it at once', async () => {
    const stream = new PassThrough();
    const never = busy();
    let isBusy = true;
    const reader = readerOf(stream, () => (isBusy ? never.promise : null));
    const reading = reader.next();
    expect(await isPending(reading)).toBe(true);
    isBusy = false;
    stream.write('1\n');
    expect(texts(linesOf((await reading) as Chunk))).toEqual(['1']);
    reader.close();
  });

  it('gets a chunk that is full, and the last one, without being free', async () => {
    const stream = new PassThrough();
    const reader = readerOf(stream, () => busy().promise, { chunkBytes: 8, lineBytesMax: 100 });
    stream.write('123\n567\n9\n');
    expect(texts(linesOf((await reader.next()) as Chunk))).toEqual(['123', '567']);
    const reading = reader.next();
    expect(await isPending(reading)).toBe(true);
    stream.end();
    expect(texts(linesOf((await reading) as Chunk))).toEqual(['9']);
    expect(await reader.next()).toBeNull();
    reader.close();
  });

  it('does not keep an abort waiting', async () => {
    const stream = new PassThrough();
    const controller = new AbortController();
    const reader = readerOf(stream, () => busy().promise, ROOMY, controller.signal);
    const reading = reader.next();
    stream.write('1\n');
    expect(await isPending(reading)).toBe(true);
    controller.abort();
    expect(await reading).toBeNull();
    reader.close();
  });
});

/** A prompt source on a loaded machine: many turns of the event loop pass before each of its pieces. */
class SlowFile implements ByteSource {
  readonly isPrompt = true;
  readonly #pieces: Buffer[];
  #sink: ByteSink | undefined;

  constructor(pieces: readonly Buffer[]) {
    this.#pieces = [...pieces];
  }

  start(sink: ByteSink): void {
    this.#sink = sink;
    void this.#read();
  }

  resume(): void {
    void this.#read();
  }

  close(): void {
    this.#sink = undefined;
  }

  async #read(): Promise<void> {
    for (let turn = 0; turn < 50; turn++) await nextTurn();
    const piece = this.#pieces.shift();
    if (piece === undefined) return this.#sink?.ended();
    const room = this.#sink?.room(piece.length) ?? Buffer.alloc(0);
    const bytes = piece.copy(room);
    if (bytes < piece.length) this.#pieces.unshift(piece.subarray(bytes));
    if (this.#sink?.arrived(room, bytes)) void this.#read();
  }
}

describe('a file', () => {
  it('below a chunk is one chunk, however slowly it is read and whether or not its last line has an end', async () => {
    for (const bytes of [Buffer.alloc(50_000, '123456\n'), Buffer.alloc(49_999, '123456\n')]) {
      const { chunks } = await readSource(new SlowFile(cutInto(bytes, [7001])));
      expect(chunks).toMatchObject([{ position: 0, nextPosition: bytes.length }]);
    }
  });

  it('is cut at the same places each time, each chunk filled', async () => {
    const bytes = Buffer.alloc(100_000, '123456\n');
    const limits = { chunkBytes: 30_000, lineBytesMax: 100 };
    const cuts = await Promise.all(
      [[977], [30_000], [100_000]].map(
        async (sizes) => (await readSource(new SlowFile(cutInto(bytes, sizes)), limits)).chunks,
      ),
    );
    const places = cuts.map((chunks) => chunks.map(({ nextPosition }) => nextPosition));
    expect(places[0]).toHaveLength(4);
    expect(places[1]).toEqual(places[0]);
    expect(places[2]).toEqual(places[0]);
  });

  it('is read whole in one read, and a second one that finds its end', async () => {
    const directory = tempDir();
    for (const size of [1, 65_535, 65_536, 65_537, 300_000, 1_048_575]) {
      const content = Buffer.alloc(size, `${'x'.repeat(999)}\n`);
      const descriptor = openSync(fileIn(directory, `${size}.jsonl`, content), 'r');
      const rooms: number[] = [];
      const source = new FileSource(descriptor, { isOwned: false });
      const start = source.start.bind(source);
      source.start = (sink) =>
        start({
          ...sink,
          room: (bytesMax) => {
            rooms.push(bytesMax);
            return sink.room(bytesMax);
          },
        });
      const { chunks } = await readSource(source);
      closeSync(descriptor);
      expect(chunks).toHaveLength(1);
      expect(chunks[0]?.input.equals(content)).toBe(true);
      expect(rooms).toEqual([size + 1, 1]);
    }
  });

  it('that does not know its size is read to its end', async () => {
    const descriptor = openSync('/proc/self/stat', 'r');
    const { lines, chunks } = await readSource(new FileSource(descriptor, { isOwned: false }));
    closeSync(descriptor);
    expect(lines[0]?.toString()).toMatch(new RegExp(`^${process.pid} `));
    expect(chunks).toHaveLength(1);
  });
});

describe('an abort', () => {
  it('ends a wait for input, and no half line is delivered', async () => {
    const controller = new AbortController();
    const stream = new PassThrough();
    const reading = readAll(stream, ROOMY, controller.signal);
    stream.write('1\n2');
    for (let turn = 0; turn < 10; turn++) await nextTurn();
    controller.abort();
    expect(texts((await reading).lines)).toEqual(['1']);
  });

  it('that came before the reader was made ends it at once', async () => {
    expect((await readAll(new PassThrough(), ROOMY, AbortSignal.abort())).lines).toEqual([]);
  });

  it('releases the stream', async () => {
    const stream = new PassThrough();
    const reader = new ChunkReader(new StreamSource(stream), ROOMY, { signal: new AbortController().signal });
    reader.close();
    expect(stream.destroyed).toBe(true);
  });
});
