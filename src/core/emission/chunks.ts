/** Cuts a stream of bytes into chunks of whole lines: takes what is there, never waits for more, and holds no more than its bounds. */

import { Readable } from 'node:stream';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { LINE_FEED } from '../model/bytes.ts';
import { LedgerError } from '../model/ledger-error.ts';

/** How many chunks a reader has handed out before it uses the memory of the first one again. */
export const CHUNKS_KEPT = 5;

/** Whole lines of one input, ready to be scanned. Its memory is used again after {@link CHUNKS_KEPT} more. */
export interface Chunk {
  readonly bytes: Buffer;
  /** The lines are `bytes[start, end)`; the last byte is a line feed. */
  readonly start: number;
  readonly end: number;
  /** Where byte 0 lies in the input, and where the input goes on behind the chunk. */
  readonly position: number;
  readonly nextPosition: number;
}

export interface ChunkLimits {
  /** What a chunk aims at. */
  readonly chunkBytes: number;
  /** A longer line is cut behind one byte more than this, which the scanner then finds too long. */
  readonly lineBytesMax: number;
}

export const CHUNK_BYTES = 2 * 1024 * 1024;

/** What a pipe holds on Linux. A piece of that size had filled it up. */
const PIPE_BYTES = 64 * 1024;
const FLOOD_PAUSE_MS = 2;
/** What trickles in without a pause is not gathered for longer. */
const GATHER_MS_MAX = 20;

/** The half line that a chunk may begin with, where lines are of a usual length. */
const CARRY_BYTES = 64 * 1024;
/** What a chunk's memory begins with: small inputs need no more. */
const FIRST_BYTES = 64 * 1024;

const BYTE_ORDER_MARK = Buffer.from([0xef, 0xbb, 0xbf]);

export class ChunkReader {
  readonly #stream: Readable;
  readonly #limits: ChunkLimits;
  readonly #signal: AbortSignal | undefined;
  /** Pieces as the stream gave them; paused when they hold a chunk. */
  #pieces: Buffer[] = [];
  #piecesBytes = 0;
  /** The last piece was a full pipe's: its writer was waiting for us and has more. */
  #isFlooding = false;
  #hasEnded = false;
  #halfPair = '';
  #error: unknown;
  #wake: (() => void) | undefined;

  /** The chunk being filled, and the ones handed out before it, the oldest first. */
  #filling: Buffer = Buffer.allocUnsafeSlow(FIRST_BYTES);
  readonly #handedOut: Buffer[] = [];
  #filled = 0;
  /** Bytes of a too long line that are being passed over. */
  #isSkipping = false;
  #position = 0;

  constructor(source: AsyncIterable<Uint8Array | string>, limits: ChunkLimits, signal?: AbortSignal) {
    this.#stream = source instanceof Readable ? source : Readable.from(source);
    this.#limits = limits;
    this.#signal = signal;
    this.#stream.on('data', this.#onData);
    this.#stream.on('end', this.#onEnd);
    this.#stream.on('error', this.#onError);
    this.#stream.on('close', this.#onClose);
    if (signal?.aborted) this.#hasEnded = true;
    signal?.addEventListener('abort', this.#onEnd);
  }

  /** The next chunk, or null at the end of the input or after an abort: a half line is not told then. @throws what the stream throws. */
  async next(): Promise<Chunk | null> {
    for (;;) {
      await this.#settle();
      if (this.#signal?.aborted) return null;
      this.#fill();
      const chunk = this.#cut();
      if (chunk !== null) return chunk;
      if (this.#hasEnded && this.#piecesBytes === 0) return this.#last();
    }
  }

  close(): void {
    this.#hasEnded = true;
    this.#signal?.removeEventListener('abort', this.#onEnd);
    this.#stream.off('data', this.#onData);
    this.#stream.destroy();
  }

  readonly #onData = (piece: Uint8Array | string): void => {
    const bytes = typeof piece === 'string' ? this.#encode(piece) : Buffer.from(piece.buffer, piece.byteOffset, piece.byteLength);
    if (bytes.length === 0) return;
    this.#isFlooding = bytes.length >= PIPE_BYTES;
    this.#pieces.push(bytes);
    this.#piecesBytes += bytes.length;
    if (this.#piecesBytes >= this.#limits.chunkBytes) this.#stream.pause();
    this.#wake?.();
  };

  /** Text as UTF-8. A pair of surrogates that two pieces share is put together first. */
  #encode(piece: string): Buffer {
    const text = this.#halfPair + piece;
    const last = text.charCodeAt(text.length - 1);
    const isHalf = last >= 0xd800 && last <= 0xdbff;
    this.#halfPair = isHalf ? text.slice(-1) : '';
    return Buffer.from(isHalf ? text.slice(0, -1) : text);
  }

  /** A stream that closes before it ends has lost what it had still to say. */
  readonly #onClose = (): void => {
    if (!this.#hasEnded) {
      this.#error ??= new LedgerError('INPUT_UNREADABLE', {
        message: 'the input was closed before its end',
        hint: 'what was read whole is committed; emit the rest from there',
      });
    }
    this.#onEnd();
  };

  readonly #onEnd = (): void => {
    this.#hasEnded = true;
    this.#wake?.();
  };

  readonly #onError = (error: unknown): void => {
    this.#error = error;
    this.#onEnd();
  };

  /** Waits for the first bytes, then takes on what arrives without a pause. */
  async #settle(): Promise<void> {
    while (this.#piecesBytes === 0 && !this.#hasEnded) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    let seen = -1;
    const enough = performance.now() + GATHER_MS_MAX;
    while (performance.now() < enough && this.#piecesBytes > seen && this.#piecesBytes < this.#limits.chunkBytes && !this.#hasEnded) {
      seen = this.#piecesBytes;
      await nextTurn();
      if (this.#piecesBytes === seen && this.#isFlooding) await this.#moreOrPause();
    }
    if (this.#error !== undefined) throw this.#error;
  }

  /** Gives a fast producer the moment it needs to fill its pipe again. */
  async #moreOrPause(): Promise<void> {
    await new Promise<void>((resolve) => {
      const pause = setTimeout(resolve, FLOOD_PAUSE_MS);
      this.#wake = () => {
        clearTimeout(pause);
        resolve();
      };
    });
  }

  /** Moves pieces into the chunk being filled, a chunk's worth at most. */
  #fill(): void {
    let room = this.#limits.chunkBytes;
    while (room > 0) {
      const piece = this.#pieces[0];
      if (piece === undefined) break;
      const part = piece.length <= room ? piece : piece.subarray(0, room);
      if (part.length === piece.length) this.#pieces.shift();
      else this.#pieces[0] = piece.subarray(part.length);
      this.#piecesBytes -= part.length;
      room -= part.length;
      const rest = this.#isSkipping ? this.#skip(part) : part;
      this.#reserve(rest.length + 1);
      rest.copy(this.#filling, this.#filled);
      this.#filled += rest.length;
    }
    if (this.#piecesBytes < this.#limits.chunkBytes && this.#stream.isPaused()) this.#stream.resume();
  }

  /** Passes over a too long line; what stands behind its end goes on as usual. */
  #skip(part: Buffer): Buffer {
    const lineFeed = part.indexOf(LINE_FEED);
    const passed = lineFeed < 0 ? part.length : lineFeed + 1;
    this.#position += passed;
    if (lineFeed >= 0) this.#isSkipping = false;
    return part.subarray(passed);
  }

  /** The whole lines of what was filled in; null where there is none yet. */
  #cut(): Chunk | null {
    const lastLineFeed = this.#filled === 0 ? -1 : this.#filling.lastIndexOf(LINE_FEED, this.#filled - 1);
    if (lastLineFeed >= 0) return this.#handOut(lastLineFeed + 1, lastLineFeed + 1);
    // two bytes more than allowed: the carriage return of a line end does not count, nor does a byte order mark
    const kept = this.#limits.lineBytesMax + 2 + (this.#hasMark() ? BYTE_ORDER_MARK.length : 0);
    if (this.#filled < kept) return null;
    this.#isSkipping = true;
    const tail = Buffer.from(this.#filling.subarray(kept, this.#filled));
    this.#filled = kept;
    const chunk = this.#handOutUnterminated();
    this.#position += tail.length;
    return chunk;
  }

  /** At the end of the input: the last line counts without its line feed. */
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

  /** Hands out `filling[0, end)`, of which `inputBytes` came from the input, and begins the next chunk with the rest. */
  #handOut(end: number, inputBytes: number): Chunk {
    const bytes = this.#filling;
    const hasMark = this.#hasMark();
    const rest = this.#filled - end;
    this.#handedOut.push(bytes);
    this.#filling = (this.#handedOut.length > CHUNKS_KEPT ? this.#handedOut.shift() : undefined) ?? Buffer.allocUnsafeSlow(FIRST_BYTES);
    this.#filled = 0;
    this.#reserve(rest + 1);
    bytes.copy(this.#filling, 0, end, end + rest);
    this.#filled = rest;

    const chunk = { bytes, start: hasMark ? BYTE_ORDER_MARK.length : 0, end, position: this.#position, nextPosition: this.#position + inputBytes };
    this.#position = chunk.nextPosition;
    return chunk;
  }

  /** Whether what is being filled in begins the input with a byte order mark. */
  #hasMark(): boolean {
    const { length } = BYTE_ORDER_MARK;
    return this.#position === 0 && this.#filled >= length && this.#filling.compare(BYTE_ORDER_MARK, 0, length, 0, length) === 0;
  }

  #reserve(bytes: number): void {
    const needed = this.#filled + bytes;
    if (needed <= this.#filling.length) return;
    // doubling beyond a chunk would keep twice a chunk's memory for each one on its way
    const whole = this.#limits.chunkBytes + CARRY_BYTES;
    const doubled = this.#filling.length * 2;
    const grown = Buffer.allocUnsafeSlow(Math.max(needed, needed <= whole ? Math.min(doubled, whole) : doubled));
    this.#filling.copy(grown, 0, 0, this.#filled);
    this.#filling = grown;
  }
}
