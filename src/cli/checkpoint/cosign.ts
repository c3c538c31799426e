/** `inspect --cosign`: a witness verifies, keeps what it cosigns, and only then gives it away. */

import { type CosignatureDocument, cosignatureDocument } from '../../views/checkpoint-document.ts';
import { type LedgerFlags, withLedger } from '../app/session.ts';
import { printWarning } from '../app/warning.ts';
import { Progress } from '../emit/progress.ts';
import { readSmallFile, writeAtomically } from '../state/atomic-file.ts';
import { refuseTakenFiles } from '../state/taken-files.ts';
import { keyFiles, keyWarning, readKeyFile } from './key-files.ts';
import { readTrust, type TrustFlags } from './trust.ts';

export interface CosignFlags extends TrustFlags {
  readonly name?: string | undefined;
  readonly state?: string | undefined;
}

/** `key`: file of the private key of the witness. @throws LedgerError as `cosign()` does, and for the files */
export async function cosignLast(
  flags: LedgerFlags & CosignFlags,
  key: string,
  isQuiet: boolean,
): Promise<CosignatureDocument> {
  const { ledger, name } = flags;
  const trust = readTrust(flags);
  refuseTakenFiles({ ledgers: [ledger], inputs: keyFiles(key) });
  const options = { ...trust, key: readKeyFile(key), name };
  return withLedger(flags, 'read', async (engine, { signal }) => {
    const state = flags.state ?? `${key}.${engine.identity.uuid}.state`;
    refuseTakenFiles({ ledgers: [ledger], inputs: keyFiles(key), outputs: { state } });
    const progress = new Progress(null, isQuiet);
    try {
      const onProgress = ({ events }: { readonly events: number }) => progress.update({ inputBytes: 0, events });
      const last = readSmallFile(state) ?? undefined;
      const cosigned = await engine.cosign({ ...options, last, signal, onProgress });
      // before anybody has the cosignature: after a crash the witness knows of it
      if (cosigned.checkpoints > 0) writeAtomically(state, cosigned.last);
      const warning = keyWarning(key);
      if (warning !== null) printWarning(warning);
      return cosignatureDocument(cosigned);
    } finally {
      progress.stop();
    }
  });
}
