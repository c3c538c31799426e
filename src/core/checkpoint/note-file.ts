/**
 * Files of signed notes, one after the other. Empty lines between two notes are allowed. The texts of notes in a file have no empty lines, so that the first one
 * ends the text. Bytes that are no note, such as a power cut leaves, are in pieces, too. Pure.
 */

/** What stands where a note should: it need not be one. */
export interface NotePiece {
  /** Null where its bytes are not UTF-8. */
  readonly text: string | null;
  /** Number of its first line. */
  readonly line: number;
  /** Offset in the file behind its last byte. */
  readonly end: number;
}

const LINE_FEED = 0x0a;
/** What a signature line begins with. */
const SIGNATURE = Buffer.from('\u2014 ');
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** All bytes of a file but the empty lines between pieces. */
export function splitNotes(bytes: Uint8Array): NotePiece[] {
  const pieces: NotePiece[] = [];
  /** Of the piece that has begun; null between two. */
  let begun: { readonly at: number; readonly line: number } | null = null;
  let isInText = true;
  let isAfterEmpty = false;
  const endAt = (end: number): void => {
    if (begun !== null) pieces.push({ text: decoded(bytes.subarray(begun.at, end)), line: begun.line, end });
    begun = null;
  };
  for (let at = 0, line = 1; at < bytes.length; line++) {
    const isEmpty = bytes[at] === LINE_FEED;
    // the line after the text may be damaged, and is a part of its piece
    const isNext = begun !== null && !isInText && (isAfterEmpty ? isEmpty : !startsWith(bytes, at, SIGNATURE));
    if (isNext) endAt(at);
    if (begun === null && !isEmpty) {
      begun = { at, line };
      isInText = true;
    } else if (isEmpty) isInText = false;
    isAfterEmpty = isEmpty;
    const end = bytes.indexOf(LINE_FEED, at);
    at = end === -1 ? bytes.length : end + 1;
  }
  endAt(bytes.length);
  return pieces;
}

function startsWith(bytes: Uint8Array, at: number, start: Uint8Array): boolean {
  return start.every((byte, nth) => bytes[at + nth] === byte);
}

function decoded(bytes: Uint8Array): string | null {
  try {
    return utf8.decode(bytes);
  } catch {
    return null;
  }
}
