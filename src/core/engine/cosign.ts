/** Joins ledger and checkpoints for a witness: cosigns the last checkpoint only if the ledger extends it and the one that was cosigned before. Loaded when it is first used. */

import { comparePlaces } from '../checkpoint/checkpoint.ts';
import { readSigningKey, SIGNATURE_TYPES, type SigningKey, verifierKey } from '../checkpoint/keys.ts';
import { formatNote, isKeyName } from '../checkpoint/note.ts';
import { type ReadCheckpoint, readCheckpoints, refused } from '../checkpoint/read-checkpoints.ts';
import { cosignText, kindOfSignature, verifySignature } from '../checkpoint/signatures.ts';
import type { Ledger } from '../ledger/ledger.ts';
import type { EventLabels } from '../model/events/event-labels.ts';
import { inOption, invalidArgument } from '../model/ledger-error.ts';
import type { Clock } from '../model/time/clock.ts';
import type { Cosigned, CosignOptions } from './checkpoint-types.ts';
import { textOf, verifyingCheckpoints } from './checkpoints.ts';

const NAME = 'witness';
const LAST = 'the one that this key cosigned last';

/** @throws LedgerError as `cosign()` does */
export async function cosigning(
  ledger: Ledger,
  labels: EventLabels,
  clock: Clock,
  options: CosignOptions,
): Promise<Cosigned> {
  const { name = NAME, checkpoints: sources, publicKeys, signal, onProgress } = options;
  if (!isKeyName(name))
    throw invalidArgument(
      'the name of a key has no spaces and no plus signs',
      'leave out the name, or choose another',
      'name',
    );
  const key = inOption('key', () => readSigningKey(...textOf(options.key, 'of the witness')));
  const { all } = readCheckpoints(sources);
  const newest = all.at(-1) as ReadCheckpoint;
  const last = options.last === undefined ? null : await ownLast(options.last, key);
  const kept = last === null ? [] : [{ name: LAST, bytes: Buffer.from(options.last ?? '') }];
  if (last !== null && comparePlaces(newest.checkpoint, last.checkpoint) < 0)
    throw refused(
      `${newest.name}, is the last one, and lies before sequence ${last.checkpoint.sequence}, which this key has cosigned: nothing was cosigned`,
      'look for a newer copy of the file; it was cut off, or is an older one',
    );
  await verifyingCheckpoints(ledger, labels, { checkpoints: [...sources, ...kept], publicKeys, signal, onProgress });
  const { sequence, hash } = newest.checkpoint;
  const proof = {
    head: { sequence, hash },
    name,
    verifierKey: verifierKey(name, SIGNATURE_TYPES.witness, key.raw),
    isFirst: last === null,
  };
  // what was cosigned before is given again: the last run may have ended before anybody had it
  if (last?.text === newest.text)
    return { ...proof, notes: options.last as string, last: options.last as string, checkpoints: 0 };
  const seconds = Math.floor(clock.nowMicros() / 1e6);
  const { text, signatures } = newest;
  const cosigned = formatNote({ text, signatures: [...signatures, cosignText(text, name, key, seconds)] });
  const fresh = all.filter(({ checkpoint }) => last === null || comparePlaces(checkpoint, last.checkpoint) > 0);
  const notes = [...fresh.slice(0, -1).map(formatNote), cosigned].join('');
  return { ...proof, notes, last: cosigned, checkpoints: fresh.length };
}

/** The checkpoint that the key cosigned last. @throws LedgerError CHECKPOINT_REFUSED where it has not */
async function ownLast(note: string, key: SigningKey): Promise<ReadCheckpoint> {
  const { all } = readCheckpoints([{ name: LAST, bytes: Buffer.from(note) }]);
  const last = all.at(-1) as ReadCheckpoint;
  const own = { name: null, type: SIGNATURE_TYPES.witness, key: key.publicKey, raw: key.raw };
  for (const signature of last.signatures)
    if (kindOfSignature(signature, own) === 'witness' && (await verifySignature(last.text, signature, 'witness', own)))
      return last;
  throw refused(
    'the state is not cosigned by this key: it is of another witness, or was changed',
    'name the state of this key with `last`',
  );
}
