/** Merges inputs that are each in the order of their times into one, line by line. */

import { LINE_FEED } from '../../model/text/bytes.ts';
import type { Micros } from '../../model/time/time.ts';
import { ScannedLines } from '../../scan/scanned-lines.ts';
import type { LineScanner } from '../draft/chunk-encoder.ts';
import type { Chunk } from './chunk.ts';
import { ChunkReader } from './chunk-reader.ts';
import type { InputSource } from './input-source.ts';
import { openSource } from './open-source.ts';

/** Where a line of a merged input comes from. */
export interface LinePlace {
  readonly source: string;
  /** 1-based, blank lines counted. */
  readonly line: number;
}

export interface MergeParts {
  readonly scanner: LineScanner;
  readonly slotCount: number;
  /** The time of a scanned line; null if it has none that can be read. */
  readonly timeOf: (bytes: Buffer, lines: ScannedLines, line: number) => Micros | null;
  readonly lineBytesMax: number;
}

/** Each input has its own chunks in memory, and there may be many inputs. */
const CHUNK_BYTES = 256 * 1024;
const PIECE_BYTES = 1024 * 1024;
/** Pieces whose lines can be traced back: more than the chunks in flight can have. */
const PIECES_TRACED = 96;

/** The lines of one piece, in the order in which they were merged. */
interface Trace {
  readonly firstLine: number;
  readonly lanes: number[];
  readonly lines: number[];
}

/** One input, chunk by chunk. */
class MergeLane {
  readonly name: string;
  readonly #reader: ChunkReader;
  readonly #parts: MergeParts;
  #chunk: Chunk | null = null;
  #starts = new Uint32Array(0);
  #ends = new Uint32Array(0);
  #numbers = new Uint32Array(0);
  #times = new Float64Array(0);
  #count = 0;
  #line = 0;
  /** Line number of the chunk's first line. */
  #firstLine = 1;
  #lineCount = 0;
  #latest: Micros = Number.NEGATIVE_INFINITY;

  constructor(source: InputSource, parts: MergeParts, signal: AbortSignal | undefined) {
    this.name = source.name;
    this.#parts = parts;
    const { lineBytesMax } = parts;
    // how lines are read is decided once, where the merged ones are
    this.#reader = new ChunkReader(openSource(source), { chunkBytes: CHUNK_BYTES, lineBytesMax }, { signal });
  }

  /** The time of the present line: a line earlier than the one before it, or without a time, stays behind that one. */
  get time(): Micros {
    return this.#times[this.#line] as number;
  }

  get bytes(): Buffer {
    return (this.#chunk as Chunk).bytes;
  }

  /** Bounds of the present line in `bytes`, line feed included. */
  get start(): number {
    return this.#starts[this.#line] as number;
  }

  get end(): number {
    return this.#ends[this.#line] as number;
  }

  get lineNumber(): number {
    return this.#firstLine + (this.#numbers[this.#line] as number);
  }

  /** Moves to the next line of the chunk. False if there is none: {@link load} the next chunk. */
  step(): boolean {
    return ++this.#line < this.#count;
  }

  /** Reads the next chunk with a line. False at the end of the input. */
  async load(lines: ScannedLines): Promise<boolean> {
    for (;;) {
      this.#firstLine += this.#lineCount;
      this.#chunk = await this.#reader.next();
      if (this.#chunk === null) return false;
      this.#take(this.#chunk, lines);
      if (this.#count > 0) return true;
    }
  }

  close(): void {
    this.#reader.close();
  }

  #take({ bytes, start, end }: Chunk, lines: ScannedLines): void {
    const { scanner, timeOf } = this.#parts;
    scanner.scan(bytes, start, end, lines);
    const { count } = lines;
    this.#count = count;
    this.#line = 0;
    this.#lineCount = lines.lineCount;
    // the scanner's tables are those of the next lane's lines, too
    this.#starts = lines.starts.slice(0, count);
    this.#numbers = lines.numbers.slice(0, count);
    this.#ends = new Uint32Array(count);
    this.#times = new Float64Array(count);
    for (let line = 0; line < count; line++) {
      this.#ends[line] = bytes.indexOf(LINE_FEED, lines.ends[line]) + 1;
      const time = lines.faults[line] === 0 ? timeOf(bytes, lines, line) : null;
      if (time !== null && time > this.#latest) this.#latest = time;
      this.#times[line] = this.#latest;
    }
  }
}

export class MergedSource implements InputSource {
  readonly name: string;
  readonly isPrompt: boolean;
  readonly #sources: readonly InputSource[];
  readonly #parts: MergeParts;
  readonly #signal: AbortSignal | undefined;
  readonly #traces: Trace[] = [];

  constructor(sources: readonly InputSource[], parts: MergeParts, signal?: AbortSignal) {
    this.name = 'the merged input';
    this.isPrompt = sources.every((source) => source.isPrompt === true);
    this.#sources = sources;
    this.#parts = parts;
    this.#signal = signal;
  }

  /** Where a line comes from, 1-based; the line itself if it is too long ago. */
  readonly placeOf = (line: number): LinePlace => {
    const trace = this.#traces.findLast(({ firstLine }) => firstLine <= line);
    const at = line - (trace?.firstLine ?? 0);
    const lane = trace?.lanes[at];
    if (trace === undefined || lane === undefined) return { source: this.name, line };
    return { source: this.#sources[lane]?.name ?? this.name, line: trace.lines[at] as number };
  };

  readonly open = async function* (this: MergedSource): AsyncGenerator<Uint8Array, void, undefined> {
    const table = new ScannedLines(this.#parts.slotCount);
    const lanes = this.#sources.map((source) => new MergeLane(source, this.#parts, this.#signal));
    try {
      const open: number[] = [];
      for (const [nth, lane] of lanes.entries()) if (await lane.load(table)) open.push(nth);
      let piece = this.#begin(1);
      while (open.length > 0) {
        const nth = earliest(lanes, open);
        const lane = lanes[nth] as MergeLane;
        const { bytes, start, end } = lane;
        if (piece.length + end - start > PIECE_BYTES && piece.length > 0) {
          yield piece.memory.subarray(0, piece.length);
          piece = this.#begin(piece.trace.firstLine + piece.trace.lines.length);
        }
        if (end - start > piece.memory.length) piece.memory = Buffer.allocUnsafeSlow(end - start);
        piece.length += bytes.copy(piece.memory, piece.length, start, end);
        piece.trace.lanes.push(nth);
        piece.trace.lines.push(lane.lineNumber);
        if (!lane.step() && !(await lane.load(table))) open.splice(open.indexOf(nth), 1);
      }
      if (piece.length > 0) yield piece.memory.subarray(0, piece.length);
    } finally {
      for (const lane of lanes) lane.close();
    }
  }.bind(this);

  #begin(firstLine: number): { memory: Buffer; length: number; readonly trace: Trace } {
    const trace: Trace = { firstLine, lanes: [], lines: [] };
    this.#traces.push(trace);
    if (this.#traces.length > PIECES_TRACED) this.#traces.shift();
    return { memory: Buffer.allocUnsafeSlow(PIECE_BYTES), length: 0, trace };
  }
}

/** The lane with the earliest line; of equal ones the first. */
function earliest(lanes: readonly MergeLane[], open: readonly number[]): number {
  let found = open[0] as number;
  let time = (lanes[found] as MergeLane).time;
  for (let at = 1; at < open.length; at++) {
    const nth = open[at] as number;
    const own = (lanes[nth] as MergeLane).time;
    if (own < time) {
      found = nth;
      time = own;
    }
  }
  return found;
}
