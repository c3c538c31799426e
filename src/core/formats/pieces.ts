/** Gathers formatted lines into pieces, so that neither every line is a write nor a large commit one text. */

/** A piece is emitted once it reaches this size, in bytes. */
const PIECE_BYTES = 128 * 1024;
/** Spare bytes for one more line, which usually fits. */
const PIECE_ROOM_BYTES = PIECE_BYTES + 16 * 1024;
/** The first piece begins small, because most commits of a slow emitter are a few events. */
const FIRST_ROOM_BYTES = 4000;
/** Most UTF-8 bytes of one UTF-16 code unit. */
const UTF8_BYTES_MAX = 3;
/** Shorter values are copied by a loop, which takes half as long as a call into native code. */
const LOOP_BYTES_MAX = 32;

/**
 * Memory that one consumer lends for pieces, one after the other: a piece is valid until the next one is taken. Without it
 * each piece has its own memory, and the garbage of a million lines took as long as their text.
 */
export class PieceMemory {
  /** @internal It grows with the longest piece. */
  bytes: Buffer = Buffer.allocUnsafeSlow(FIRST_ROOM_BYTES);
}

const NONE = Buffer.alloc(0);

/** Writes into the current piece, which grows as needed. */
export class PieceWriter {
  readonly #lent: PieceMemory | null;
  #piece: Buffer;
  #end = 0;

  constructor(lent: PieceMemory | null = null) {
    this.#lent = lent;
    this.#piece = lent?.bytes ?? Buffer.allocUnsafe(FIRST_ROOM_BYTES);
  }

  /** Of the current piece, in bytes. */
  get length(): number {
    return this.#end;
  }

  get isEmpty(): boolean {
    return this.#end === 0;
  }

  /** Whether the piece is to be taken after the current line. */
  get isFull(): boolean {
    return this.#end >= PIECE_BYTES;
  }

  byte(byte: number): void {
    this.#reserve(1);
    this.#piece[this.#end++] = byte;
  }

  /** As UTF-8. */
  text(text: string): void {
    const { length } = text;
    this.#reserve(length * UTF8_BYTES_MAX);
    if (length > LOOP_BYTES_MAX || !this.#asciiText(text)) this.#end += this.#piece.write(text, this.#end);
  }

  /** `bytes[start, end)`. */
  bytes(bytes: Uint8Array, start = 0, end = bytes.length): void {
    const count = end - start;
    this.#reserve(count);
    const piece = this.#piece;
    if (count > LOOP_BYTES_MAX) piece.set(bytes.subarray(start, end), this.#end);
    else for (let at = 0; at < count; at++) piece[this.#end + at] = bytes[start + at] as number;
    this.#end += count;
  }

  /** The piece; the next one is empty. */
  take(): Buffer {
    const piece = this.#piece.subarray(0, this.#end);
    if (this.#lent === null) this.#piece = NONE;
    this.#end = 0;
    return piece;
  }

  /** Writes nothing, and returns false, if a character is not ASCII. */
  #asciiText(text: string): boolean {
    const piece = this.#piece;
    for (let at = 0; at < text.length; at++) {
      const code = text.charCodeAt(at);
      if (code > 0x7f) return false;
      piece[this.#end + at] = code;
    }
    this.#end += text.length;
    return true;
  }

  #reserve(bytes: number): void {
    if (this.#piece.length - this.#end >= bytes) return;
    // behind a piece, which was full, another one is likely to be as long
    const room = this.#piece === NONE ? PIECE_ROOM_BYTES : this.#piece.length * 2;
    const longer = Buffer.allocUnsafeSlow(Math.max(room, this.#end + bytes));
    this.#piece.copy(longer, 0, 0, this.#end);
    this.#piece = longer;
    if (this.#lent !== null) this.#lent.bytes = longer;
  }
}

/** Gathers lines, each of several parts, into pieces. */
export function* inPieces(
  lines: Iterable<readonly (Buffer | string)[]>,
  memory?: PieceMemory,
): Generator<Buffer, void, undefined> {
  const piece = new PieceWriter(memory);
  for (const line of lines) {
    for (const part of line) {
      if (typeof part === 'string') piece.text(part);
      else piece.bytes(part);
    }
    if (piece.isFull) yield piece.take();
  }
  if (!piece.isEmpty) yield piece.take();
}
