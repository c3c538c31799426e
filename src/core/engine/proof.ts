/** Joins ledger and checkpoints for proofs of single events: makes them, and verifies them without a ledger. Loaded when it is first used. */

import { comparePlaces } from '../checkpoint/checkpoint.ts';
import { formatNote } from '../checkpoint/note.ts';
import { type ReadCheckpoint, readCheckpoints, refused } from '../checkpoint/read-checkpoints.ts';
import { checkTrust, replacementsOf } from '../checkpoint/trust.ts';
import type { Ledger } from '../ledger/ledger.ts';
import type { ChainStep } from '../ledger/protocol/chain-step.ts';
import { type EventProof, fails, lineOf, type ProvenEvent, verifyEventProof } from '../ledger/protocol/proof.ts';
import {
  formatProof,
  formatStep,
  PROOF_BYTES_MAX,
  PROOF_LINKS_MAX,
  parseProof,
  type WrittenProof,
} from '../ledger/protocol/proof-text.ts';
import { formatHead } from '../model/events/head.ts';
import { invalidArgument, LedgerError } from '../model/ledger-error.ts';
import type { Clock } from '../model/time/clock.ts';
import type { ProofOptions, ProofReport, ProofVerification, VerifyProofOptions } from './checkpoint-types.ts';
import { keysOf, signing } from './checkpoints.ts';

/** @throws LedgerError as `prove()` does */
export async function proving(
  ledger: Ledger,
  clock: Clock,
  sequence: number,
  options: ProofOptions,
): Promise<ProofReport> {
  const { sequence: head } = await ledger.head();
  if (sequence > head)
    throw new LedgerError('INVALID_RANGE', {
      message: `there is no sequence ${sequence}`,
      hint: `the head is at ${head}`,
    });
  const { checkpoint, note, nextKeys, name } = await checkpointFor(ledger, clock, sequence, options);
  const { previous, bodies, steps: walked } = await ledger.pathFrom(sequence, checkpoint);
  const steps = await bounded(walked, sequence, options.signal);
  const [first] = steps;
  if (first?.kind !== 'commit') throw fails('the ledger has no commit there');
  const body = bodies.find((each) => lineOf(each, sequence - first.link.firstSequence) !== null);
  if (body === undefined) throw fails(`no frame of its commit has sequence ${sequence}`);
  const proof = { uuid: ledger.identity.uuid, sequence, previous, body, steps };
  checkExtends(proof, checkpoint, name);
  const text = formatProof({ ...proof, checkpoint: note, nextKeys });
  return { text, bytes: Buffer.byteLength(text), links: steps.length, checkpoint: formatHead(checkpoint) };
}

/** The nearest one of the files, or one that is signed now. */
async function checkpointFor(
  ledger: Ledger,
  clock: Clock,
  sequence: number,
  { key, name: signer, checkpoints }: ProofOptions,
): Promise<{ checkpoint: ReadCheckpoint['checkpoint']; note: string; nextKeys: string[]; name: string }> {
  if ((key === undefined) === (checkpoints === undefined))
    throw invalidArgument(
      'a proof leads to a checkpoint',
      'give files of checkpoints, or a key that signs one',
      'checkpoints',
      'key',
    );
  const sources =
    key === undefined
      ? (checkpoints ?? [])
      : [{ name: 'the head', bytes: Buffer.from((await signing(ledger, clock, { key, name: signer })).note) }];
  const { all } = readCheckpoints(sources);
  const found = all.find(({ checkpoint }) => checkpoint.sequence >= sequence);
  if (found === undefined)
    throw refused(
      `there is no checkpoint at sequence ${sequence} or after it`,
      'sign one: completengine inspect --sign KEYFILE',
      {
        sequence,
      },
    );
  const { uuid } = ledger.identity;
  if (found.checkpoint.uuid !== uuid)
    throw refused(
      `${found.name}, is of the ledger ${found.checkpoint.uuid}, and this is ${uuid}`,
      'check that this is the right ledger',
    );
  // who trusts an older key is led to the one that has signed it
  const nextKeys = all.slice(0, all.indexOf(found)).filter((one) => one.checkpoint.nextKey !== null);
  const { checkpoint, name } = found;
  return { checkpoint, note: formatNote(found), nextKeys: nextKeys.map(formatNote), name };
}

/** @throws LedgerError PROOF_TOO_LONG */
async function bounded(
  walked: AsyncIterable<ChainStep>,
  sequence: number,
  signal: AbortSignal | undefined,
): Promise<ChainStep[]> {
  const steps: ChainStep[] = [];
  let bytes = 0;
  for await (const step of walked) {
    signal?.throwIfAborted();
    steps.push(step);
    bytes += formatStep(step).length;
    if (steps.length <= PROOF_LINKS_MAX && bytes <= PROOF_BYTES_MAX / 4) continue;
    throw new LedgerError('PROOF_TOO_LONG', {
      message: `a proof of sequence ${sequence} would have more than ${steps.length - 1} links: the next checkpoint is too far behind it`,
      hint: 'name a file with a checkpoint that is nearer, or archive up to there: the record of an archived run shortens proofs',
      details: { sequence, links: steps.length },
    });
  }
  return steps;
}

function checkExtends(proof: EventProof, checkpoint: ReadCheckpoint['checkpoint'], name: string): void {
  try {
    verifyEventProof(proof, checkpoint);
  } catch (cause) {
    throw new LedgerError('HEAD_MISMATCH', {
      message: `${name}: the ledger has another history: nothing is proven`,
      hint: 'find out what has changed: completengine inspect --verify --checkpoint FILE --public-key KEYFILE',
      details: { checkpoint: formatHead(checkpoint) },
      cause,
    });
  }
}

/** @throws LedgerError VERIFICATION_FAILED, CHECKPOINT_REFUSED, INVALID_ARGUMENT */
export async function verifyingProof(text: string, options: VerifyProofOptions): Promise<ProofVerification> {
  const keys = keysOf(options);
  const proof = text.length > PROOF_BYTES_MAX ? 'it is too long' : parseProof(text);
  if (typeof proof === 'string') throw fails(proof);
  const { all } = readCheckpoints([{ name: 'the proof', bytes: Buffer.from(proof.checkpoint) }]);
  const [one, ...others] = all;
  if (one === undefined || others.length > 0) throw fails('it does not have exactly one checkpoint');
  const replaced = await replacementsOf(nextKeysOf(proof, one), keys.keys);
  const { signers } = await checkTrust([...replaced, one], { ...keys, provesLast: true });
  const { checkpoint } = one;
  if (checkpoint.uuid !== proof.uuid) throw fails('its checkpoint is of another ledger');
  if (checkpoint.sequence < proof.sequence) throw fails('its checkpoint lies before the event');
  const event: ProvenEvent = verifyEventProof(proof, checkpoint);
  const { uuid, time, sequence, hash } = checkpoint;
  return { uuid, event, links: proof.steps.length, checkpoint: { sequence, hash }, signedAt: time, signers };
}

/** The checkpoints of a proof that name next keys, in order. @throws LedgerError CHECKPOINT_REFUSED, VERIFICATION_FAILED */
function nextKeysOf({ nextKeys }: WrittenProof, { checkpoint }: ReadCheckpoint): readonly ReadCheckpoint[] {
  if (nextKeys.length === 0) return [];
  const { all } = readCheckpoints([{ name: 'the next keys of the proof', bytes: Buffer.from(nextKeys.join('')) }]);
  const isBefore = ({ checkpoint: one }: ReadCheckpoint): boolean =>
    one.uuid === checkpoint.uuid && one.nextKey !== null && comparePlaces(one, checkpoint) <= 0;
  if (all.every(isBefore)) return all;
  throw fails('its next keys are not named by checkpoints before its own');
}
