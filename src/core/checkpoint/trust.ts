/** Who has signed checkpoints: each by a trusted key, by one that such a key has named as the next one, and by enough witnesses. */

import type { Anchor } from '../model/events/head.ts';
import { comparePlaces } from './checkpoint.ts';
import { checkForks, checkNoneRemoved, forked } from './consistency.ts';
import { readVerifierKey, SIGNATURE_TYPES, type TrustedKey, verifierKey } from './keys.ts';
import type { NoteSignature } from './note.ts';
import { type ReadCheckpoint, refused } from './read-checkpoints.ts';
import { kindOfSignature, verifySignature } from './signatures.ts';

export interface TrustOptions {
  readonly keys: readonly TrustedKey[];
  /** How many witnesses must vouch for each checkpoint, by a cosignature of it or of a later one. */
  readonly witnesses: number;
  /** Only the last one is to be proven: those before it name keys, and none is missed. */
  readonly provesLast?: boolean | undefined;
}

/** A key that has signed checkpoints. */
export interface CheckpointSigner {
  readonly kind: 'log' | 'witness';
  readonly name: string;
  /** `NAME+ID+KEY`. */
  readonly verifierKey: string;
  /** How many it has signed. */
  readonly checkpoints: number;
  /** Sequence of the last of them. */
  readonly through: number;
}

/** What a list of checkpoints proves by itself. */
export interface TrustReport {
  readonly checkpoints: number;
  readonly first: Anchor;
  readonly last: Anchor;
  readonly signers: readonly CheckpointSigner[];
}

/** Signatures that are on their way to a thread: more gain nothing. */
const PENDING_MAX = 256;

/** A key of a log, and what has become of it. */
interface LogKey extends TrustedKey {
  /** The checkpoint that named the next key; this one signs none behind it. */
  replacedBy: ReadCheckpoint | null;
}

interface Signed {
  readonly by: TrustedKey;
  readonly kind: 'log' | 'witness';
  readonly name: string;
}

/**
 * `all`: at least one, in the order of the chain.
 * @throws LedgerError CHECKPOINT_REFUSED naming the first that is not signed as it must be, or before which one is missing; CHECKPOINT_FORKED
 */
export async function checkTrust(
  all: readonly ReadCheckpoint[],
  { keys, witnesses, provesLast = false }: TrustOptions,
): Promise<TrustReport> {
  const logs: LogKey[] = keys.map((key) => ({ ...key, replacedBy: null }));
  const pending: Promise<{ at: ReadCheckpoint; signed: Signed[] }>[] = [];
  const signed = new Map<ReadCheckpoint, Signed[]>();
  const collect = async (): Promise<void> => {
    for (const one of pending.splice(0)) {
      const { at, signed: by } = await one;
      signed.set(at, by);
    }
  };
  for (const one of all) {
    const job = signersOf(one, logs, keys).then((by) => ({ at: one, signed: by }));
    // a failure is reported in its turn: the first one is named
    job.catch(() => {});
    pending.push(job);
    if (one.checkpoint.nextKey === null && pending.length < PENDING_MAX) continue;
    await collect();
    if (one.checkpoint.nextKey !== null) replaceKey(one, signed.get(one) ?? [], logs);
  }
  await collect();
  checkForks(all);
  if (!provesLast) checkNoneRemoved(all);
  const proven = provesLast ? all.slice(-1) : all;
  checkWitnesses(proven, signed, witnesses);
  const [first, last] = [all[0], all.at(-1)] as [ReadCheckpoint, ReadCheckpoint];
  return { checkpoints: all.length, first: anchorOf(first), last: anchorOf(last), signers: summary(proven, signed) };
}

/**
 * Of checkpoints that name a next key, those by which a trusted key was replaced, or one that such a key has named. The others say nothing to who trusts these
 * keys. `all`: in the order of the chain. @throws LedgerError as `checkTrust` does
 */
export async function replacementsOf(
  all: readonly ReadCheckpoint[],
  keys: readonly TrustedKey[],
): Promise<ReadCheckpoint[]> {
  const logs: LogKey[] = keys.map((key) => ({ ...key, replacedBy: null }));
  const kept: ReadCheckpoint[] = [];
  for (const one of all) {
    const { signed, retired } = await signaturesOf(one, logs, keys);
    if (!hasLog(signed) && retired === null) continue;
    kept.push(one);
    // one that only a retired key has signed is refused with the rest
    if (hasLog(signed)) replaceKey(one, signed, logs);
  }
  return kept;
}

export function anchorOf({ checkpoint: { sequence, hash } }: ReadCheckpoint): Anchor {
  return { sequence, hash };
}

/** @throws LedgerError CHECKPOINT_REFUSED unless a key of a log that is in force has signed it, and no trusted signature is wrong */
async function signersOf(one: ReadCheckpoint, logs: readonly LogKey[], keys: readonly TrustedKey[]): Promise<Signed[]> {
  const { signed, retired } = await signaturesOf(one, logs, keys);
  if (hasLog(signed)) return signed;
  if (retired !== null)
    throw refused(
      `${one.name}, is signed by a key that was replaced at sequence ${retired.checkpoint.sequence}`,
      'find out who still signs with the old key',
    );
  throw refused(`${one.name}, is not signed by a trusted key`, 'name the public key of its signer with `publicKeys`');
}

const hasLog = (signed: readonly Signed[]): boolean => signed.some(({ kind }) => kind === 'log');

/** `retired`: the checkpoint that replaced a key which has signed this one all the same. @throws LedgerError CHECKPOINT_REFUSED for a trusted signature that is wrong */
async function signaturesOf(
  one: ReadCheckpoint,
  logs: readonly LogKey[],
  keys: readonly TrustedKey[],
): Promise<{ signed: Signed[]; retired: ReadCheckpoint | null }> {
  const signed: Signed[] = [];
  let retired: ReadCheckpoint | null = null;
  for (const signature of one.signatures) {
    for (const by of logs) {
      if (!(await hasSigned(one, signature, by, 'log'))) continue;
      if (by.replacedBy !== null && comparePlaces(by.replacedBy.checkpoint, one.checkpoint) < 0)
        retired = by.replacedBy;
      else signed.push({ by, kind: 'log', name: signature.name });
    }
    for (const by of keys)
      if (await hasSigned(one, signature, by, 'witness')) signed.push({ by, kind: 'witness', name: signature.name });
  }
  return { signed, retired };
}

/** @throws LedgerError CHECKPOINT_REFUSED for a signature that names the key and is not its own */
async function hasSigned(
  { text, name }: ReadCheckpoint,
  signature: NoteSignature,
  by: TrustedKey,
  kind: Signed['kind'],
): Promise<boolean> {
  if (kindOfSignature(signature, by) !== kind) return false;
  if (await verifySignature(text, signature, kind, by)) return true;
  throw refused(`${name}, has a signature of ${signature.name} that does not fit its text`);
}

/** @throws LedgerError CHECKPOINT_REFUSED for what is no key; CHECKPOINT_FORKED where its signer has named another one before */
function replaceKey(one: ReadCheckpoint, signed: readonly Signed[], logs: LogKey[]): void {
  const next = readVerifierKey(one.checkpoint.nextKey as string);
  if (typeof next === 'string' || next.type !== SIGNATURE_TYPES.log)
    throw refused(`${one.name}, names a next key that cannot sign checkpoints`);
  for (const { by, kind } of signed) {
    if (kind !== 'log') continue;
    for (const log of logs.filter(({ raw }) => raw.equals(by.raw))) {
      if (log.replacedBy !== null && log.replacedBy.checkpoint.nextKey !== one.checkpoint.nextKey)
        throw forked(log.replacedBy, one);
      log.replacedBy ??= one;
    }
  }
  logs.push({ ...next, replacedBy: null });
}

/** A cosignature vouches for its checkpoint and for all before it. @throws LedgerError CHECKPOINT_REFUSED naming the first that has too few */
function checkWitnesses(
  all: readonly ReadCheckpoint[],
  signed: ReadonlyMap<ReadCheckpoint, readonly Signed[]>,
  witnesses: number,
): void {
  if (witnesses === 0) return;
  const every = [...signed.values()].flat();
  const logs = new Set(every.filter(({ kind }) => kind === 'log').map(({ by }) => by.raw.toString('hex')));
  /** By key, where in the list its last cosignature is. */
  const last = new Map<string, number>();
  for (const [at, one] of all.entries())
    for (const { by, kind } of signed.get(one) ?? []) {
      const key = by.raw.toString('hex');
      // who signs as the log is no witness of it
      if (kind === 'witness' && !logs.has(key)) last.set(key, at);
    }
  const reached = [...last.values()].sort((one, other) => other - one)[witnesses - 1] ?? -1;
  const uncovered = all[reached + 1];
  if (uncovered === undefined) return;
  throw refused(
    `${uncovered.name}, has not the cosignatures of ${witnesses} trusted witnesses, and none behind it has`,
    'have it cosigned, name more keys of witnesses with `publicKeys`, or verify the file that a witness keeps',
    { sequence: uncovered.checkpoint.sequence },
  );
}

function summary(
  all: readonly ReadCheckpoint[],
  signed: ReadonlyMap<ReadCheckpoint, readonly Signed[]>,
): CheckpointSigner[] {
  const signers = new Map<string, { -readonly [Name in keyof CheckpointSigner]: CheckpointSigner[Name] }>();
  for (const one of all) {
    const keys = new Set<string>();
    for (const { by, kind, name } of signed.get(one) ?? []) {
      const key = verifierKey(name, SIGNATURE_TYPES[kind], by.raw);
      if (keys.has(key)) continue;
      keys.add(key);
      const before = signers.get(key)?.checkpoints ?? 0;
      const through = one.checkpoint.sequence;
      signers.set(key, { kind, name, verifierKey: key, checkpoints: before + 1, through });
    }
  }
  return [...signers.values()];
}
