/** Reads files of checkpoints into one list in the order of the chain, each text once with all its signatures. Pure. */

import { LedgerError } from '../model/ledger-error.ts';
import { type Checkpoint, comparePlaces, parseCheckpoint } from './checkpoint.ts';
import { type NoteSignature, parseNote } from './note.ts';
import { splitNotes } from './note-file.ts';

/** A file of checkpoints, or what stands for one. */
export interface CheckpointSource {
  /** What it is called in errors, such as its path. */
  readonly name: string;
  readonly bytes: Uint8Array;
}

export interface ReadCheckpoint {
  readonly checkpoint: Checkpoint;
  readonly text: string;
  readonly signatures: readonly NoteSignature[];
  /** What it is called in errors: `checkpoint 3 of FILE, at sequence 1707`. */
  readonly name: string;
}

export interface CheckpointList {
  /** In the order of the chain. */
  readonly all: readonly ReadCheckpoint[];
  /** Bytes at the ends of files, of notes that were not written to their end. */
  readonly tornBytes: number;
}

/** @throws LedgerError CHECKPOINT_REFUSED naming the first that cannot be read, or is of another ledger than those before it */
export function readCheckpoints(sources: readonly CheckpointSource[]): CheckpointList {
  if (sources.length === 0) throw refused('there is no file of checkpoints', 'name one with `checkpoints`');
  const byText = new Map<string, ReadCheckpoint>();
  let tornBytes = 0;
  let first: ReadCheckpoint | undefined;
  for (const { name: source, bytes } of sources) {
    const file = splitNotes(bytes);
    if (file === null) throw refused(`${source} is not UTF-8, so it is no file of checkpoints`);
    if (file.notes.length === 0) throw refused(`${source} has no checkpoint`);
    tornBytes += file.tornBytes;
    for (const [nth, note] of file.notes.entries()) {
      const read = readOne(note, `checkpoint ${nth + 1} of ${source}`);
      first ??= read;
      if (read.checkpoint.uuid !== first.checkpoint.uuid)
        throw refused(
          `${read.name} is of the ledger ${read.checkpoint.uuid}, and ${first.name} of ${first.checkpoint.uuid}`,
          'keep the checkpoints of each ledger in a file of its own',
        );
      const known = byText.get(read.text);
      const signatures = [...(known?.signatures ?? []), ...read.signatures];
      byText.set(read.text, { ...(known ?? read), signatures });
    }
  }
  const all = [...byText.values()].sort((one, other) => comparePlaces(one.checkpoint, other.checkpoint));
  return { all, tornBytes };
}

function readOne(note: string, name: string): ReadCheckpoint {
  const parsed = parseNote(note);
  if (typeof parsed === 'string') throw refused(`${name} is not a signed note: ${parsed}`);
  const checkpoint = parseCheckpoint(parsed.text);
  if (typeof checkpoint === 'string') throw refused(`${name} is not a checkpoint of a ledger: ${checkpoint}`);
  return { checkpoint, ...parsed, name: `${name}, at sequence ${checkpoint.sequence}` };
}

/** A checkpoint that proves nothing. `message` names it. */
export function refused(
  message: string,
  hint = 'compare the file with a copy that was kept elsewhere, such as that of a witness',
  details: Readonly<Record<string, unknown>> = {},
): LedgerError {
  return new LedgerError('CHECKPOINT_REFUSED', { message, hint, details });
}
