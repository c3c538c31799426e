/** `inspect --sequence N --proof`: makes the proof of an event, and says how long it is. */

import { type LedgerFlags, withLedger } from '../app/session.ts';
import { UsageError } from '../app/usage-error.ts';
import { refuseTakenFiles } from '../state/taken-files.ts';
import { bytes, plural } from '../terminal/format-numbers.ts';
import { keyFiles, readKeyFile } from './key-files.ts';
import { readCheckpointFiles } from './read-files.ts';

export interface ProofFlags {
  readonly checkpoint?: readonly string[] | undefined;
  readonly sign?: string | undefined;
  readonly name?: string | undefined;
}

/** @throws LedgerError as `prove()` does, and for the files */
export async function proofOf(
  flags: LedgerFlags & ProofFlags,
  sequence: number,
): Promise<{ readonly text: string; readonly summary: string }> {
  const { ledger, checkpoint: files, sign, name } = flags;
  if ((files === undefined) === (sign === undefined))
    throw new UsageError('a proof leads to a checkpoint', 'add --checkpoint FILE, or --sign KEYFILE to sign one now');
  const inputs = (files ?? []).map((file) => ({ name: file, place: file, hint: 'name a file of checkpoints' }));
  refuseTakenFiles({ ledgers: [ledger], inputs: [...inputs, ...keyFiles(sign)] });
  const options =
    sign === undefined ? { checkpoints: readCheckpointFiles(files ?? []) } : { key: readKeyFile(sign), name };
  const proof = await withLedger(flags, 'read', (engine, { signal }) => engine.prove(sequence, { ...options, signal }));
  const length = `${plural(proof.links, 'link')}, ${bytes(proof.bytes)}`;
  return {
    text: proof.text,
    summary: `proof of sequence ${sequence}: ${length}, up to the checkpoint ${proof.checkpoint}`,
  };
}
