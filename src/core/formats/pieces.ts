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

/** Writes into the current piece, which grows as needed. */
export class PieceWriter {
  #piece: Buffer = Buffer.allocUnsafe(FIRST_ROOM_BYTES);
  #end = 0;

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
    this.#piece = Buffer.allocUnsafe(PIECE_ROOM_BYTES);
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
    const longer = Buffer.allocUnsafe(Math.max(this.#piece.length * 2, this.#end + bytes));
    this.#piece.copy(longer, 0, 0, this.#end);
    this.#piece = longer;
  }
}

/** Gathers lines, each of several parts, into pieces. */
export function* inPieces(lines: Iterable<readonly (Buffer | string)[]>): Generator<Buffer, void, undefined> {
  const piece = new PieceWriter();
  for (const line of lines) {
    for (const part of line) {
      if (typeof part === 'string') piece.text(part);
      else piece.bytes(part);
    }
    if (piece.isFull) yield piece.take();
  }
  if (!piece.isEmpty) yield piece.take();
}
