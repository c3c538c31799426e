/**
 * What a file of checkpoints holds, and what a crash has left at its end. Behind each checkpoint that is on the disk its writer puts a mark, two empty lines. So an
 * end that is damaged was acknowledged if it has the mark, and otherwise never: a power cut took parts of it before it was synced. Pure.
 */

import { type Checkpoint, parseCheckpoint } from './checkpoint.ts';
import { NOTE_BYTES_MAX, parseNote, type SignedNote } from './note.ts';
import { type NotePiece, splitNotes } from './note-file.ts';

/** Of a checkpoint that is on the disk. A note that was not written to its end has one empty line at most. */
export const CHECKPOINT_MARK = '\n\n';

/** A checkpoint in a file. */
interface FileCheckpoint extends SignedNote {
  readonly checkpoint: Checkpoint;
  /** The signed note. */
  readonly note: string;
  /** From 1 on. */
  readonly nth: number;
}

/** What stands where a checkpoint should. */
interface DamagedCheckpoint {
  readonly nth: number;
  /** Number of its first line. */
  readonly line: number;
  /** What it is not, in one clause. */
  readonly fault: string;
}

export interface CheckpointFileContent {
  readonly whole: readonly FileCheckpoint[];
  /** Those before the last whole one; also those behind it, if they were acknowledged. */
  readonly damaged: readonly DamagedCheckpoint[];
  /**
   * What is behind the last whole one: nothing; a checkpoint that was never acknowledged; one that was, and is damaged; or, in a file without
   * checkpoints, something else.
   */
  readonly end: 'whole' | 'torn' | 'damaged' | 'foreign';
  /** Bytes of a torn end; otherwise 0. */
  readonly tornBytes: number;
}

const LINE_FEED = 0x0a;
const ACKNOWLEDGED = Buffer.from(`\n${CHECKPOINT_MARK}`);
const BEGINNING = Buffer.from('completengine/');

export function readCheckpointFile(bytes: Uint8Array): CheckpointFileContent {
  const pieces = splitNotes(bytes);
  const read = pieces.map(readPiece);
  const last = read.findLastIndex((one) => 'checkpoint' in one);
  const end = endOf(bytes, pieces[last]?.end ?? 0);
  const counted = end.kind === 'torn' ? read.slice(0, last + 1) : read;
  return {
    whole: counted.filter((one) => 'checkpoint' in one),
    damaged: counted.filter((one) => 'fault' in one),
    end: end.kind,
    tornBytes: end.kind === 'torn' ? end.bytes : 0,
  };
}

/** `from`: behind the last whole checkpoint. */
function endOf(bytes: Uint8Array, from: number): { kind: CheckpointFileContent['end']; bytes: number } {
  let at = from;
  while (bytes[at] === LINE_FEED) at++;
  const rest = Buffer.from(bytes.buffer, bytes.byteOffset + at, bytes.length - at);
  const kindOf = (): CheckpointFileContent['end'] => {
    if (rest.length === 0) return 'whole';
    if (from === 0 && !isBegun(rest)) return 'foreign';
    if (rest.length > NOTE_BYTES_MAX) return from === 0 ? 'foreign' : 'damaged';
    return rest.subarray(-ACKNOWLEDGED.length).equals(ACKNOWLEDGED) ? 'damaged' : 'torn';
  };
  return { kind: kindOf(), bytes: rest.length };
}

/** Whether the only bytes of a file are the beginning of a checkpoint, or blocks that a power cut has left empty. */
function isBegun(bytes: Buffer): boolean {
  const length = Math.min(bytes.length, BEGINNING.length);
  return bytes.subarray(0, length).equals(BEGINNING.subarray(0, length)) || bytes.every((byte) => byte === 0);
}

function readPiece({ text, line }: NotePiece, at: number): FileCheckpoint | DamagedCheckpoint {
  const nth = at + 1;
  const damaged = (fault: string): DamagedCheckpoint => ({ nth, line, fault });
  if (text === null) return damaged('is not a signed note: it is not UTF-8');
  const parsed = parseNote(text);
  if (typeof parsed === 'string') return damaged(`is not a signed note: ${parsed}`);
  const checkpoint = parseCheckpoint(parsed.text);
  if (typeof checkpoint === 'string') return damaged(`is not a checkpoint of a ledger: ${checkpoint}`);
  return { ...parsed, checkpoint, note: text, nth };
}
