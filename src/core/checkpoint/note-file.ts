/**
 * Files of signed notes, one after the other. Empty lines between two notes are allowed. The texts of notes in a file have no empty lines, so that the first one
 * ends the text. A crash while one is appended leaves an end that is no note. Pure.
 */

import { isSignatureLine } from './note.ts';

export interface NoteFile {
  /** Each with its line ends, as `parseNote` reads it. */
  readonly notes: readonly string[];
  /** Bytes up to the end of the last note that is whole. */
  readonly wholeBytes: number;
  /** Bytes behind them, of a note that was not written to its end. */
  readonly tornBytes: number;
}

const LINE_FEED = 0x0a;
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** The file, or null where its whole lines are not UTF-8. */
export function splitNotes(bytes: Uint8Array): NoteFile | null {
  // a torn end may lie within a character
  const linesEnd = bytes.lastIndexOf(LINE_FEED) + 1;
  const text = decoded(bytes.subarray(0, linesEnd));
  if (text === null) return null;
  const notes: string[] = [];
  let note = '';
  let part: 'text' | 'signatures' = 'text';
  for (const line of text.split('\n').slice(0, -1)) {
    const endsNote = part === 'signatures' && !isSignatureLine(line) && !note.endsWith('\n\n');
    if (endsNote) {
      notes.push(note);
      note = '';
      part = 'text';
    }
    if (line === '' && note === '') continue;
    if (line === '') part = 'signatures';
    note += `${line}\n`;
  }
  const isWhole = part === 'signatures' && !note.endsWith('\n\n');
  if (isWhole) notes.push(note);
  const wholeBytes = note === '' || isWhole ? linesEnd : linesEnd - Buffer.byteLength(note);
  return { notes, wholeBytes, tornBytes: bytes.length - wholeBytes };
}

function decoded(bytes: Uint8Array): string | null {
  try {
    return utf8.decode(bytes);
  } catch {
    return null;
  }
}
