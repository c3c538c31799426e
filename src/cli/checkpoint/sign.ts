/** `inspect --sign`: signs the head, and appends the checkpoint to a file if one is named. */

import type { CheckpointOptions, Completengine } from '../../index.ts';
import { type CheckpointDocument, checkpointDocument } from '../../views/checkpoint-document.ts';
import { type LedgerFlags, withLedger } from '../app/session.ts';
import { UsageError } from '../app/usage-error.ts';
import { printWarning } from '../app/warning.ts';
import { refuseTakenFiles } from '../state/taken-files.ts';
import { CheckpointFile } from './checkpoint-file.ts';
import { keyFiles, keyWarning, readKeyFile, readPublicKeyFiles } from './key-files.ts';

export interface SignFlags {
  readonly sequence?: number | undefined;
  readonly name?: string | undefined;
  readonly 'next-key'?: string | undefined;
  readonly checkpoint?: readonly string[] | undefined;
}

/** `key`: file of the private key. @throws LedgerError as `checkpoint()` does, and for the files */
export async function signHead(flags: LedgerFlags & SignFlags, key: string): Promise<CheckpointDocument> {
  const { name, 'next-key': nextKey, checkpoint: files = [], ledger } = flags;
  const [file, ...others] = files;
  if (flags.sequence !== undefined)
    throw new UsageError('an event is not signed, the head is', 'add --proof, or leave out --sequence');
  if (others.length > 0) throw new UsageError('a checkpoint is appended to one file', 'name one with --checkpoint');
  refuseTakenFiles({ ledgers: [ledger], inputs: keyFiles(key, nextKey), outputs: { checkpoint: file } });
  const [next] = readPublicKeyFiles(nextKey === undefined ? [] : [nextKey]);
  const options = { key: readKeyFile(key), name, nextKey: next };
  const signed = await withLedger(flags, 'read', (engine) =>
    file === undefined ? printed(engine, options) : kept(engine, options, file),
  );
  const warning = keyWarning(key);
  if (warning !== null) printWarning(warning);
  return signed;
}

async function printed(engine: Completengine, options: CheckpointOptions): Promise<CheckpointDocument> {
  return checkpointDocument(await engine.checkpoint(options));
}

async function kept(engine: Completengine, options: CheckpointOptions, path: string): Promise<CheckpointDocument> {
  const file = CheckpointFile.open(path);
  try {
    if (file.torn !== null) printWarning(file.torn);
    const signed = await engine.checkpoint({ ...options, previous: file.last });
    file.append(signed.note);
    return checkpointDocument(signed);
  } finally {
    file.close();
  }
}
