/** Reads the files of checkpoints and keys that a command line names. */

import type { CheckpointSource, KeyText } from '../../index.ts';
import { UsageError } from '../app/usage-error.ts';
import { refuseTakenFiles } from '../state/taken-files.ts';
import { keyFiles, readPublicKeyFiles } from './key-files.ts';
import { readCheckpointFiles } from './read-files.ts';

export interface TrustFlags {
  readonly ledger: string;
  readonly checkpoint?: readonly string[] | undefined;
  readonly 'public-key'?: readonly string[] | undefined;
  readonly witnesses?: number | undefined;
}

/** Checkpoints, and who is trusted to have signed them. */
export interface CheckpointRequest {
  readonly checkpoints: readonly CheckpointSource[];
  readonly publicKeys: readonly KeyText[];
  readonly witnesses: number | undefined;
}

/** To be called before the ledger is opened: it has then all that the files vouch for. @throws UsageError, LedgerError NO_INPUT, INPUT_UNREADABLE */
export function readTrust(flags: TrustFlags): CheckpointRequest {
  const { ledger, checkpoint: files = [], 'public-key': keys = [], witnesses } = flags;
  if (keys.length === 0)
    throw new UsageError('checkpoints prove nothing without the key of their signer', 'add --public-key KEYFILE');
  const inputs = files.map((name) => ({ name, place: name, hint: 'name a file of checkpoints' }));
  refuseTakenFiles({ ledgers: [ledger], inputs: [...inputs, ...keyFiles(...keys)] });
  return { checkpoints: readCheckpointFiles(files), publicKeys: readPublicKeyFiles(keys), witnesses };
}
