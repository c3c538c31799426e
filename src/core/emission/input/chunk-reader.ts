/** Cuts a stream of bytes into chunks of whole lines: takes the bytes available, never waits for a producer, and keeps its memory bounded. */

import { setImmediate as nextTurn } from 'node:timers/promises';
import { LINE_FEED } from '../../model/text/bytes.ts';
import type { SharedBuffer } from './buffer-pool.ts';
import type { ByteSink, ByteSource } from './byte-source.ts';
import { type Chunk, chunksKeptFor } from './chunk.ts';

export interface ChunkLimits {
  /** Target size of a chunk; it may be longer by one line. */
  readonly chunkBytes: number;
  /** A longer line is cut a few bytes after this, and the scanner rejects it as too long. */
  readonly lineBytesMax: number;
}

/** Capacity of a pipe on Linux. A piece of this size means that the pipe was full. */
const PIPE_BYTES = 64 * 1024;
const FLOOD_PAUSE_MS = 2;
/** Maximum time to gather input that arrives slowly but without a pause. */
const GATHER_MS_MAX = 20;

/** Room for the partial line at the start of a chunk, for lines of a usual length. */
const CARRY_BYTES = 64 * 1024;
/** Initial memory of a chunk: small inputs need no more. */
const FIRST_BYTES = 64 * 1024;

const BYTE_ORDER_MARK = Buffer.from([0xef, 0xbb, 0xbf]);

type Busy = () => Promise<void> | null;
type Acquire = () => SharedBuffer | null;

export interface ReaderOptions {
  readonly signal?: AbortSignal | undefined;
  /** Resolves when a chunk is wanted although it is not full; null if one is wanted now. */
  readonly busy?: Busy | undefined;
  /** Shared buffers for chunks of some length; null if none is free. */
  readonly acquire?: Acquire | undefined;
}

export class ChunkReader {
  readonly #source: ByteSource;
  readonly #limits: ChunkLimits;
  readonly #signal: AbortSignal | undefined;
  readonly #busy: Busy;
  readonly #acquire: Acquire;
  /** Whether the writer was faster than this reader, since it was last waited for in vain: it filled its pipe, or the chunk before, and has more. */
  #isFlooding = false;
  #isPaused = false;
  #hasEnded = false;
  #error: unknown;
  #wake: (() => void) | undefined;
  /** Whether single pieces need not wake it: a million events of 203 bytes come in 3,100 of them. */
  #awaitsFull = false;

  /** The chunk being filled, its shared buffer, and the chunks handed out before it that have none, the oldest first. */
  #filling: Buffer = Buffer.allocUnsafeSlow(FIRST_BYTES);
  #shared: SharedBuffer | null = null;
  readonly #handedOut: Buffer[] = [];
  #filled = 0;
  /** Bytes that have arrived since the last attempt to cut a chunk. */
  #fresh = 0;
  /** Memory for bytes that arrive while the reader is full. */
  #overflow: Buffer | undefined;
  /** Whether the bytes of a line that is too long are being skipped. */
  #isSkipping = false;
  #position = 0;

  constructor(
    source: ByteSource,
    limits: ChunkLimits,
    { signal, busy = () => null, acquire = () => null }: ReaderOptions = {},
  ) {
    this.#source = source;
    this.#limits = limits;
    this.#signal = signal;
    this.#busy = busy;
    this.#acquire = acquire;
    if (signal?.aborted) this.#hasEnded = true;
    signal?.addEventListener('abort', this.#end);
    source.start(this.#sink);
  }

  /** The next chunk; null at the end of the input, and after an abort, which drops a partial line. @throws the source's error, after the whole lines before it. */
  async next(): Promise<Chunk | null> {
    for (;;) {
      await this.#waitForBytes();
      if (this.#signal?.aborted) return null;
      const hasFailed = this.#error !== undefined;
      const hasEnded = this.#hasEnded && !hasFailed;
      const chunk = this.#cut(hasEnded);
      this.#fresh = 0;
      if (this.#isPaused) {
        this.#isPaused = false;
        this.#source.resume();
      }
      if (chunk !== null) return chunk;
      if (hasFailed) throw this.#error;
      if (hasEnded) return this.#last();
    }
  }

  close(): void {
    this.#hasEnded = true;
    this.#signal?.removeEventListener('abort', this.#end);
    this.#source.close();
    // after an abort a read may still be on its way into it
    if (!this.#signal?.aborted) this.#release();
  }

  readonly #sink: ByteSink = {
    room: (bytesMax) => {
      const left = this.#limits.chunkBytes - this.#fresh;
      // a source may ask for room before it pauses
      if (left <= 0) {
        this.#overflow ??= Buffer.allocUnsafeSlow(PIPE_BYTES);
        return this.#overflow;
      }
      const wanted = Math.min(bytesMax, left);
      this.#reserve(wanted);
      return this.#filling.subarray(this.#filled, this.#filled + wanted);
    },
    arrived: (room, bytes) => {
      this.#fresh += bytes;
      const isInPlace =
        room.buffer === this.#filling.buffer && room.byteOffset === this.#filling.byteOffset + this.#filled;
      if (isInPlace && !this.#isSkipping) this.#filled += bytes;
      else this.#take(room.subarray(0, bytes), isInPlace);
      this.#isPaused = this.#fresh >= this.#limits.chunkBytes;
      // the first piece behind a full chunk is the rest of what the pipe held, and not a full one
      this.#isFlooding ||= this.#isPaused || bytes >= PIPE_BYTES;
      if (this.#isPaused || !this.#awaitsFull) this.#wake?.();
      return !this.#isPaused;
    },
    ended: (error) => {
      if (this.#hasEnded) return;
      this.#error = error;
      this.#end();
    },
  };

  readonly #end = (): void => {
    this.#hasEnded = true;
    this.#wake?.();
  };

  /** Waits for the first bytes, then for as many as come while a chunk is not wanted yet, or without a pause; from a prompt source, a full chunk. */
  async #waitForBytes(): Promise<void> {
    const isEnough = () => this.#hasEnded || (this.#source.isPrompt ? this.#isPaused : this.#fresh > 0);
    while (!isEnough()) await this.#change();
    if (this.#source.isPrompt || (await this.#fillWhileBusy())) return;
    await this.#gather();
  }

  async #gather(): Promise<void> {
    let seen = -1;
    const enough = performance.now() + GATHER_MS_MAX;
    while (performance.now() < enough && this.#fresh > seen && !this.#isPaused && !this.#hasEnded) {
      seen = this.#fresh;
      await nextTurn();
      if (this.#fresh > seen || !this.#isFlooding || this.#hasEnded) continue;
      await this.#moreOrPause();
      this.#isFlooding = this.#fresh > seen;
    }
  }

  /** What comes while earlier chunks are being stored would wait behind them anyway: together it makes fewer commits. False if none is, and nothing was awaited. */
  async #fillWhileBusy(): Promise<boolean> {
    const isEnough = () => this.#isPaused || this.#hasEnded;
    if (isEnough()) return true;
    const busy = this.#busy();
    if (busy === null) return false;
    let isOver = false;
    // a race would make promises for each piece that arrives
    void busy.then(() => {
      isOver = true;
      this.#wake?.();
    });
    this.#awaitsFull = true;
    while (!isOver && !isEnough()) await this.#change();
    this.#awaitsFull = false;
    return true;
  }

  /** Resolves when bytes arrive, when the input ends, or when a chunk is wanted. */
  #change(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve;
    });
  }

  /** Gives a fast producer time to fill its pipe again. */
  async #moreOrPause(): Promise<void> {
    await new Promise<void>((resolve) => {
      const pause = setTimeout(resolve, FLOOD_PAUSE_MS);
      this.#wake = () => {
        clearTimeout(pause);
        resolve();
      };
    });
  }

  /** Adds the bytes that arrived to the chunk being filled. They are copied if a chunk was handed out after the source asked for room. */
  #take(piece: Uint8Array, isInPlace: boolean): void {
    const rest = this.#isSkipping ? this.#skip(piece) : piece;
    if (!isInPlace || rest.length < piece.length) {
      this.#reserve(rest.length);
      this.#filling.set(rest, this.#filled);
    }
    this.#filled += rest.length;
  }

  /** Skips a line that is too long. Returns the bytes after its end. */
  #skip(piece: Uint8Array): Uint8Array {
    const lineFeed = piece.indexOf(LINE_FEED);
    const passed = lineFeed < 0 ? piece.length : lineFeed + 1;
    this.#position += passed;
    if (lineFeed >= 0) this.#isSkipping = false;
    return piece.subarray(passed);
  }

  /** Cuts the whole lines read so far, at the end of the input also a last line without its line feed. Null if there is no whole line yet. */
  #cut(isLast: boolean): Chunk | null {
    const lastLineFeed = this.#filled === 0 ? -1 : this.#filling.lastIndexOf(LINE_FEED, this.#filled - 1);
    // two bytes more than allowed: neither the carriage return of a line end nor a byte order mark counts
    const kept = this.#limits.lineBytesMax + 2 + (this.#hasMark() ? BYTE_ORDER_MARK.length : 0);
    const rest = this.#filled - (lastLineFeed + 1);
    if (lastLineFeed >= 0)
      return isLast && rest > 0 && rest <= kept
        ? this.#handOutUnterminated()
        : this.#handOut(lastLineFeed + 1, lastLineFeed + 1);
    // one more, so that the line feed set there does not touch the room of the source
    if (this.#filled <= kept) return null;
    const passed = this.#filled - kept;
    this.#isSkipping = true;
    this.#filled = kept;
    const chunk = this.#handOutUnterminated();
    this.#position += passed;
    return chunk;
  }

  /** The last line at the end of the input, which may lack its line feed. */
  #last(): Chunk | null {
    if (this.#filled === 0) return null;
    return this.#handOutUnterminated();
  }

  #handOutUnterminated(): Chunk {
    this.#reserve(1);
    const inputBytes = this.#filled;
    this.#filling[this.#filled++] = LINE_FEED;
    return this.#handOut(this.#filled, inputBytes);
  }

  /** Hands out `filling[0, end)`, of which `inputBytes` came from the input, and starts the next chunk with the rest. */
  #handOut(end: number, inputBytes: number): Chunk {
    const bytes = this.#filling;
    const shared = this.#shared ?? undefined;
    const hasMark = this.#hasMark();
    const rest = this.#filled - end;
    this.#begin(bytes);
    this.#reserve(rest + 1);
    bytes.copy(this.#filling, 0, end, end + rest);
    this.#filled = rest;

    const chunk = {
      bytes,
      shared,
      start: hasMark ? BYTE_ORDER_MARK.length : 0,
      end,
      position: this.#position,
      nextPosition: this.#position + inputBytes,
    };
    this.#position = chunk.nextPosition;
    return chunk;
  }

  /** Begins a chunk in other memory than the one before, which was in `bytes`. */
  #begin(bytes: Buffer): void {
    this.#filled = 0;
    if (this.#shared === null) this.#handedOut.push(bytes);
    else if (this.#share()) return;
    this.#shared = null;
    this.#filling =
      (this.#handedOut.length > chunksKeptFor(this.#limits.chunkBytes) ? this.#handedOut.shift() : undefined) ??
      Buffer.allocUnsafeSlow(FIRST_BYTES);
  }

  /** Whether the chunk being filled starts the input with a byte order mark. */
  #hasMark(): boolean {
    const { length } = BYTE_ORDER_MARK;
    return (
      this.#position === 0 &&
      this.#filled >= length &&
      this.#filling.compare(BYTE_ORDER_MARK, 0, length, 0, length) === 0
    );
  }

  #reserve(bytes: number): void {
    const needed = this.#filled + bytes;
    if (needed <= this.#filling.length) return;
    if (this.#shared === null && this.#share(needed)) return;
    // doubling beyond a chunk would keep twice a chunk's memory for each chunk in flight
    const whole = Math.max(FIRST_BYTES, this.#limits.chunkBytes + CARRY_BYTES);
    const doubled = this.#filling.length * 2;
    const grown = Buffer.allocUnsafeSlow(Math.max(needed, needed <= whole ? Math.min(doubled, whole) : doubled));
    this.#filling.copy(grown, 0, 0, this.#filled);
    this.#filling = grown;
    this.#release();
  }

  /** Whether the chunk being filled has moved into a shared buffer, which has room for this many bytes. */
  #share(needed = 0): boolean {
    const shared = this.#source.isDirect === true ? this.#acquire() : null;
    if (shared === null) return false;
    if (needed > shared.input.length) {
      shared.pool.release(shared);
      return false;
    }
    this.#filling.copy(shared.input, 0, 0, this.#filled);
    this.#filling = shared.input;
    this.#shared = shared;
    return true;
  }

  #release(): void {
    this.#shared?.pool.release(this.#shared);
    this.#shared = null;
  }
}
