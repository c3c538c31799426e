/**
 * Finds the ends of zstd frames (RFC 8878) without decoding them. Node's decoder of 22 and 24 drops what a write holds behind the end of a frame, and that of
 * 22 takes a frame that is cut short for a whole one.
 */

const FRAME = 0xfd2fb528;
/** The last four bits are free. */
const SKIPPABLE = 0x184d2a50;
const DICTIONARY_BYTES = [0, 1, 2, 4];
const RUN_LENGTH_BLOCK = 1;

/** States: magic -> descriptor -> header -> block -> body -> block or checksum -> magic; or magic -> size -> skipped -> magic; or magic -> unknown. */
type Part = 'magic' | 'descriptor' | 'header' | 'block' | 'body' | 'checksum' | 'size' | 'skipped' | 'unknown';

class FrameWalk {
  #part: Part = 'magic';
  /** Bytes that are missing of the part. */
  #left = 4;
  /** What the part's bytes so far are as a little-endian number; of a short part alone. */
  #value = 0;
  #read = 0;
  #hasChecksum = false;
  #isLast = false;

  get isInFrame(): boolean {
    return this.#part !== 'magic' || this.#read > 0;
  }

  /** Pieces of a piece, none of which goes on behind the end of a frame. */
  *cut(piece: Buffer): Generator<Buffer, void, undefined> {
    let from = 0;
    for (let at = 0; at < piece.length; ) {
      const taken = Math.min(this.#left, piece.length - at);
      for (let nth = 0; nth < taken && this.#read < 4; nth++)
        this.#value += (piece[at + nth] as number) * 2 ** (8 * this.#read++);
      this.#left -= taken;
      at += taken;
      while (this.#left === 0) this.#next();
      if (this.isInFrame) continue;
      yield piece.subarray(from, at);
      from = at;
    }
    if (from < piece.length) yield piece.subarray(from);
  }

  #next(): void {
    const value = this.#value;
    switch (this.#part) {
      case 'magic':
        if (value === FRAME) return this.#enter('descriptor', 1);
        // what follows no frame is for the decoder to refuse
        return value - (value % 16) === SKIPPABLE ? this.#enter('size', 4) : this.#enter('unknown', Infinity);
      case 'descriptor':
        this.#hasChecksum = (value & 4) !== 0;
        return this.#enter('header', headerBytes(value));
      case 'header':
        return this.#enter('block', 3);
      case 'block': {
        this.#isLast = (value & 1) === 1;
        const isRun = ((value >> 1) & 3) === RUN_LENGTH_BLOCK;
        return this.#enter('body', isRun ? 1 : value >>> 3);
      }
      case 'body':
        if (!this.#isLast) return this.#enter('block', 3);
        return this.#hasChecksum ? this.#enter('checksum', 4) : this.#enter('magic', 4);
      case 'size':
        return this.#enter('skipped', value);
      default:
        return this.#enter('magic', 4);
    }
  }

  #enter(part: Part, bytes: number): void {
    this.#part = part;
    this.#left = bytes;
    this.#value = 0;
    this.#read = 0;
  }
}

/** Behind the descriptor: window, dictionary and content size. */
function headerBytes(descriptor: number): number {
  const isSingle = (descriptor & 32) !== 0;
  const sizeBytes = [isSingle ? 1 : 0, 2, 4, 8][descriptor >> 6] as number;
  return (isSingle ? 0 : 1) + (DICTIONARY_BYTES[descriptor & 3] as number) + sizeBytes;
}

/** The same bytes in pieces that end with their frame. @throws Error if the bytes end within a frame, and what `pieces` throws */
export async function* cutAtFrames(pieces: AsyncIterable<Buffer>): AsyncGenerator<Buffer, void, undefined> {
  const walk = new FrameWalk();
  for await (const piece of pieces) yield* walk.cut(piece);
  if (walk.isInFrame) throw new Error('unexpected end of a frame');
}
