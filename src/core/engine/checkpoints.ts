/** Joins ledger and checkpoints: signs the head, and proves that a ledger extends what was signed. Loaded when it is first used, because of node:crypto. */

import { comparePlaces, formatCheckpoint, originOf } from '../checkpoint/checkpoint.ts';
import { textDigest } from '../checkpoint/consistency.ts';
import { readPublicKeys, readSigningKey, SIGNATURE_TYPES, type TrustedKey, verifierKey } from '../checkpoint/keys.ts';
import { formatNote, isKeyName } from '../checkpoint/note.ts';
import { type CheckpointList, readCheckpoints, refused } from '../checkpoint/read-checkpoints.ts';
import { signText } from '../checkpoint/signatures.ts';
import { anchorOf, checkTrust, type TrustReport } from '../checkpoint/trust.ts';
import type { Ledger } from '../ledger/ledger.ts';
import type { EventLabels } from '../model/events/event-labels.ts';
import { formatHead } from '../model/events/head.ts';
import { inOption, invalidArgument, LedgerError } from '../model/ledger-error.ts';
import type { Clock } from '../model/time/clock.ts';
import type {
  CheckpointOptions,
  CheckpointProof,
  CheckpointTrust,
  KeyText,
  SignedCheckpoint,
} from './checkpoint-types.ts';
import { type VerifyOptions, verifying } from './verify.ts';

/** Signs the head. @throws LedgerError INVALID_ARGUMENT; HEAD_MISMATCH where the ledger has gone back behind the last checkpoint; CHECKPOINT_REFUSED */
export async function signing(ledger: Ledger, clock: Clock, options: CheckpointOptions): Promise<SignedCheckpoint> {
  const { uuid } = ledger.identity;
  const name = options.name ?? originOf(uuid);
  if (!isKeyName(name))
    throw invalidArgument(
      'the name of a key has no spaces and no plus signs',
      'leave out the name, or choose another',
      'name',
    );
  const key = inOption('key', () => readSigningKey(...textOf(options.key, 'of the checkpoint')));
  const { head, joints, format } = await ledger.chainEnd();
  const previous = options.previous === undefined ? null : previousText(options.previous, uuid, { ...head, joints });
  const text = formatCheckpoint({
    uuid,
    sequence: head.sequence,
    hash: head.hash,
    joints,
    time: clock.nowMicros(),
    format,
    previous: previous === null ? null : textDigest(previous),
    nextKey: options.nextKey === undefined ? null : nextKeyOf(options.nextKey, name),
  });
  const note = formatNote({ text, signatures: [signText(text, name, key)] });
  return { note, head, name, verifierKey: verifierKey(name, SIGNATURE_TYPES.log, key.raw) };
}

/** Verifies the ledger, and in the same pass that it extends every checkpoint. @throws LedgerError as `verify()` does */
export async function verifyingCheckpoints(
  ledger: Ledger,
  labels: EventLabels,
  options: VerifyOptions,
): ReturnType<typeof verifying> {
  const list = readCheckpoints(options.checkpoints ?? []);
  checkUuid(list, ledger);
  // the threads of libuv verify signatures while this one walks the chain
  const trust = checkTrust(list.all, keysOf(options));
  const untrusted = new AbortController();
  trust.catch(() => untrusted.abort());
  const signal = options.signal === undefined ? untrusted.signal : AbortSignal.any([options.signal, untrusted.signal]);
  const walk = verifying(ledger, labels, { ...options, signal, heads: list.all.map(anchorOf) });
  const report = await walk.catch(async (error: unknown) => {
    // what nobody has signed says nothing of the ledger
    await trust;
    throw named(error, list);
  });
  return { ...report, checkpoints: proofOf(await trust, list, report.droppedCheckpoints) };
}

/** What checkpoints prove without their ledger. @throws LedgerError CHECKPOINT_REFUSED, CHECKPOINT_FORKED, INVALID_ARGUMENT */
export async function checkingCheckpoints(options: CheckpointTrust): Promise<CheckpointProof> {
  const list = readCheckpoints(options.checkpoints);
  return proofOf(await checkTrust(list.all, keysOf(options)), list, 0);
}

/** The error with the name of the checkpoint that the ledger does not extend. */
function named(error: unknown, { all }: CheckpointList): unknown {
  const nth = error instanceof LedgerError ? error.details['checkpoint'] : undefined;
  const failed = typeof nth === 'number' ? all[nth] : undefined;
  if (!(error instanceof LedgerError) || failed === undefined) return error;
  return new LedgerError(error.code, {
    message: `${failed.name}: ${error.message}`,
    hint: error.hint,
    details: { ...error.details, checkpoint: failed.name },
  });
}

function proofOf(trust: TrustReport, { tornBytes }: CheckpointList, dropped: number): CheckpointProof {
  return { ...trust, dropped, tornBytes };
}

/** @throws LedgerError INVALID_ARGUMENT */
export function keysOf({ publicKeys = [], witnesses = 0 }: Pick<VerifyOptions, 'publicKeys' | 'witnesses'>): {
  keys: TrustedKey[];
  witnesses: number;
} {
  const keys = inOption('publicKeys', () =>
    publicKeys.flatMap((key) => readPublicKeys(...textOf(key, 'that is trusted'))),
  );
  if (keys.length > 0) return { keys, witnesses };
  throw invalidArgument(
    'checkpoints prove nothing without the public key of their signer',
    'name it with `publicKeys`, as a file or as NAME+ID+KEY',
    'publicKeys',
  );
}

export function textOf(key: KeyText, otherwise: string): [text: string, source: string] {
  return typeof key === 'string' ? [key, otherwise] : [key.text, key.name];
}

function checkUuid({ all }: CheckpointList, { identity }: Ledger): void {
  const [first] = all;
  if (first === undefined || first.checkpoint.uuid === identity.uuid) return;
  throw refused(
    `${first.name}, is of the ledger ${first.checkpoint.uuid}, and ${identity.path} is ${identity.uuid}`,
    'check that this is the right ledger: a copy keeps its uuid, and another ledger has another',
  );
}

/** The text of the last checkpoint of a file, which the next one names. */
function previousText(note: string, uuid: string, end: { sequence: number; hash: string; joints: number }): string {
  const { all } = readCheckpoints([{ name: 'the last one', bytes: Buffer.from(note) }]);
  const last = all.at(-1);
  if (last === undefined || last.checkpoint.uuid !== uuid)
    throw refused(
      'the last checkpoint is of another ledger',
      'keep the checkpoints of each ledger in a file of its own',
    );
  const { checkpoint, text } = last;
  const ahead = comparePlaces(checkpoint, end);
  if (ahead < 0 || (ahead === 0 && checkpoint.hash === end.hash)) return text;
  throw new LedgerError('HEAD_MISMATCH', {
    message: `the ledger does not extend its last checkpoint, ${formatHead(checkpoint)}: its head is ${formatHead(end)}, and nothing was signed`,
    hint: 'look for a newer copy of the ledger; it was cut off, or restored from an old one',
    details: { checkpoint: formatHead(checkpoint), head: formatHead(end) },
  });
}

/** A public key, as the verifier key that takes over. */
function nextKeyOf(key: KeyText, name: string): string {
  const [text, source] = textOf(key, 'that comes next');
  const [next, ...others] = inOption('nextKey', () => readPublicKeys(text, source));
  if (next === undefined || others.length > 0 || next.type === SIGNATURE_TYPES.witness)
    throw invalidArgument(
      `the key ${source} is not one key that signs checkpoints`,
      'name the file of one public key',
      'nextKey',
    );
  return verifierKey(next.name ?? name, SIGNATURE_TYPES.log, next.raw);
}
