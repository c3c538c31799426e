/** Gathers formatted lines into pieces, so that neither every line is a write nor a large commit one text. */

/** A piece is emitted once it reaches this size, in bytes. */
const PIECE_BYTES = 128 * 1024;
/** Spare bytes for one more line, which usually fits. */
const PIECE_ROOM_BYTES = PIECE_BYTES + 16 * 1024;
/** Most UTF-8 bytes of one UTF-16 code unit. */
const UTF8_BYTES_MAX = 3;

/** Gathers lines, each of several parts, into pieces. */
export function* inPieces(lines: Iterable<readonly (Buffer | string)[]>): Generator<Buffer, void, undefined> {
  let piece: Buffer = Buffer.allocUnsafe(PIECE_ROOM_BYTES);
  let end = 0;
  for (const line of lines) {
    for (const part of line) {
      const isText = typeof part === 'string';
      piece = withRoom(piece, end, isText ? part.length * UTF8_BYTES_MAX : part.length);
      end += isText ? piece.write(part, end) : part.copy(piece, end);
    }
    if (end < PIECE_BYTES) continue;
    yield piece.subarray(0, end);
    piece = Buffer.allocUnsafe(PIECE_ROOM_BYTES);
    end = 0;
  }
  if (end > 0) yield piece.subarray(0, end);
}

/** The same piece, or a larger one with its content up to `end`. */
function withRoom(piece: Buffer, end: number, bytes: number): Buffer {
  if (piece.length - end >= bytes) return piece;
  const longer = Buffer.allocUnsafe(Math.max(piece.length * 2, end + bytes));
  piece.copy(longer, 0, 0, end);
  return longer;
}
