/** Reads files of checkpoints into one list in the order of the chain, each text once with all its signatures. Pure. */

import { LedgerError } from '../model/ledger-error.ts';
import { type Checkpoint, comparePlaces } from './checkpoint.ts';
import { readCheckpointFile } from './checkpoint-file.ts';
import type { NoteSignature } from './note.ts';

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
  /** Bytes at the ends of files, of checkpoints that were never acknowledged. */
  readonly tornBytes: number;
}

/** @throws LedgerError CHECKPOINT_REFUSED naming the first that cannot be read, or is of another ledger than those before it */
export function readCheckpoints(sources: readonly CheckpointSource[]): CheckpointList {
  if (sources.length === 0) throw refused('there is no file of checkpoints', 'name one with `checkpoints`');
  const byText = new Map<string, ReadCheckpoint>();
  let tornBytes = 0;
  let first: ReadCheckpoint | undefined;
  for (const { name: source, bytes } of sources) {
    const file = readCheckpointFile(bytes);
    if (file.end === 'foreign') throw refused(`${source} has no checkpoint`);
    const [damaged] = file.damaged;
    if (damaged !== undefined) {
      const { nth, line, fault } = damaged;
      throw refused(`checkpoint ${nth} of ${source}, from line ${line} on, ${fault}`, undefined, { line });
    }
    if (file.whole.length === 0) throw refused(`${source} has no checkpoint`);
    tornBytes += file.tornBytes;
    for (const { checkpoint, text, signatures, nth } of file.whole) {
      const name = `checkpoint ${nth} of ${source}, at sequence ${checkpoint.sequence}`;
      const read: ReadCheckpoint = { checkpoint, text, signatures, name };
      first ??= read;
      if (checkpoint.uuid !== first.checkpoint.uuid)
        throw refused(
          `${name} is of the ledger ${checkpoint.uuid}, and ${first.name} of ${first.checkpoint.uuid}`,
          'keep the checkpoints of each ledger in a file of its own',
        );
      const known = byText.get(text);
      byText.set(text, { ...(known ?? read), signatures: [...(known?.signatures ?? []), ...signatures] });
    }
  }
  const all = [...byText.values()].sort((one, other) => comparePlaces(one.checkpoint, other.checkpoint));
  return { all, tornBytes };
}

/** A checkpoint that proves nothing. `message` names it. */
export function refused(
  message: string,
  hint = 'compare the file with a copy that was kept elsewhere, such as that of a witness',
  details: Readonly<Record<string, unknown>> = {},
): LedgerError {
  return new LedgerError('CHECKPOINT_REFUSED', { message, hint, details });
}
