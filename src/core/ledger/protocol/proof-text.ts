/** Writes proofs of events as JSON and reads them, strictly: a hostile one is refused in one clause. Pure. */

import { Field, malformed, readOr } from '../log/format/fields.ts';
import type { ArchiveLink, CommitLink, EpochLink, FrameLink, LogPlace } from './chain.ts';
import type { ChainStep } from './chain-step.ts';
import type { EventProof } from './proof.ts';

const PROOF_FORMAT = 'completengine/proof/1';
/** Links of one proof: a checkpoint that is nearer makes it shorter. */
export const PROOF_LINKS_MAX = 100_000;
/** Of the text of a proof, and of what it may hold. */
export const PROOF_BYTES_MAX = 256 * 1024 * 1024;

/** A proof with the checkpoint that it leads to. */
export interface WrittenProof extends EventProof {
  /** The signed note. */
  readonly checkpoint: string;
  /** Signed notes of the checkpoints before it that name a next key, in order. */
  readonly nextKeys: readonly string[];
}

const TEXT_MAX = PROOF_BYTES_MAX;
/** Each is a signature to verify: a key that is replaced once a month for 80 years has as many. */
const NEXT_KEYS_MAX = 1000;
const LIST_MAX = 1_000_000;
const HASH_BYTES = 32;
const DIGEST_BYTES = 64;

/** One line a link. */
export function formatProof({ uuid, sequence, checkpoint, nextKeys, previous, body, steps }: WrittenProof): string {
  const head = { proof: PROOF_FORMAT, uuid, sequence, checkpoint, nextKeys, previous, body: body.toString('utf8') };
  const start = JSON.stringify(head, withHex).slice(0, -1);
  return `${start},"links":[\n${steps.map(formatStep).join(',\n')}\n]}\n`;
}

/** A link as a line of the text of a proof. */
export function formatStep(step: ChainStep): string {
  return JSON.stringify(step, withHex);
}

/** JSON.stringify has made an object of a Buffer before it asks. */
function withHex(this: unknown, name: string, value: unknown): unknown {
  const own = (this as Readonly<Record<string, unknown>>)[name];
  return Buffer.isBuffer(own) ? own.toString('hex') : value;
}

/** The proof, or the fault in one clause. */
export function parseProof(text: string): WrittenProof | string {
  return readOr(() => {
    const it = Field.parse(text, 'the file').fields(
      'proof',
      'uuid',
      'sequence',
      'checkpoint',
      'nextKeys',
      'previous',
      'body',
      'links',
    );
    if (it.proof.text(100) !== PROOF_FORMAT) throw malformed(`it is not of the format ${PROOF_FORMAT}`);
    return {
      uuid: it.uuid.text(100),
      sequence: it.sequence.whole(undefined, 1),
      checkpoint: it.checkpoint.text(TEXT_MAX),
      nextKeys: it.nextKeys.list(NEXT_KEYS_MAX).map((each) => each.text(TEXT_MAX)),
      previous: it.previous.hex(HASH_BYTES),
      body: Buffer.from(it.body.text(TEXT_MAX), 'utf8'),
      steps: it.links.list(PROOF_LINKS_MAX).map(readStep),
    };
  });
}

function readStep(field: Field): ChainStep {
  const archived = readOr(() => field.fields('kind', 'link', 'previous'));
  if (typeof archived !== 'string') {
    if (archived.kind.text(10) !== 'archive') throw field.fault('has other fields');
    const previous = archived.previous.orNull((it) => it.hex(HASH_BYTES));
    return { kind: 'archive', link: readArchive(archived.link), previous };
  }
  const { kind, link, place } = field.fields('kind', 'link', 'place');
  const [name, at] = [kind.text(10), place.orNull(readPlace)];
  if (name === 'commit') return { kind: 'commit', link: readCommit(link), place: at };
  if (name === 'epoch') return { kind: 'epoch', link: readEpoch(link), place: at };
  throw field.fault('is of no kind that is known');
}

function readCommit(field: Field): CommitLink {
  const it = field.fields(
    'firstSequence',
    'count',
    'firstTime',
    'lastTime',
    'committedAt',
    'producer',
    'producerPosition',
    'producerDigest',
    'sentTo',
    'frames',
  );
  return {
    firstSequence: it.firstSequence.whole(),
    count: it.count.whole(),
    firstTime: it.firstTime.time(),
    lastTime: it.lastTime.time(),
    committedAt: it.committedAt.time(),
    producer: it.producer.orNull((each) => each.text(TEXT_MAX)),
    producerPosition: it.producerPosition.orNull((each) => each.whole()),
    producerDigest: it.producerDigest.orNull((each) => each.hexUpTo(DIGEST_BYTES)),
    sentTo: it.sentTo.orNull((each) => each.whole()),
    frames: it.frames.list(LIST_MAX).map(readFrame),
  };
}

function readFrame(field: Field): FrameLink {
  const it = field.fields('partition', 'sequence', 'offset', 'count', 'firstTime', 'lastTime', 'key', 'hash');
  return {
    partition: it.partition.whole(),
    sequence: it.sequence.whole(),
    offset: it.offset.whole(),
    count: it.count.whole(),
    firstTime: it.firstTime.time(),
    lastTime: it.lastTime.time(),
    key: it.key.orNull((each) => each.text(TEXT_MAX)),
    hash: it.hash.hex(HASH_BYTES),
  };
}

function readPlace(field: Field): LogPlace {
  const it = field.fields('position', 'floor', 'draftedTimes', 'marks');
  return {
    position: it.position.whole(),
    floor: it.floor.time(),
    draftedTimes: it.draftedTimes.list(LIST_MAX).map((each) => each.time()),
    marks: it.marks.orNull((each) => each.hex(HASH_BYTES)),
  };
}

function readEpoch(field: Field): EpochLink {
  const it = field.fields('ledger', 'epoch', 'fromSequence', 'routing', 'partitions', 'placements');
  const ledger = it.ledger.fields('uuid', 'createdAt', 'config');
  return {
    ledger: { uuid: ledger.uuid.text(100), createdAt: ledger.createdAt.time(), config: ledger.config.text(TEXT_MAX) },
    epoch: it.epoch.whole(),
    fromSequence: it.fromSequence.whole(),
    routing: it.routing.text(TEXT_MAX),
    partitions: it.partitions.list(LIST_MAX).map((each) => {
      const { id, name, tableName, epoch } = each.fields('id', 'name', 'tableName', 'epoch');
      return { id: id.whole(), name: name.text(TEXT_MAX), tableName: tableName.text(100), epoch: epoch.whole() };
    }),
    placements: it.placements.list(LIST_MAX).map((each) => {
      const { key, partition } = each.fields('key', 'partition');
      return { key: key.text(TEXT_MAX), partition: partition.whole() };
    }),
  };
}

function readArchive(field: Field): ArchiveLink {
  const it = field.fields(
    'number',
    'beforeSequence',
    'epoch',
    'firstSequence',
    'through',
    'firstTime',
    'lastTime',
    'commits',
    'archivedAt',
    'ends',
    'seams',
    'hashBehind',
    'file',
    'bytes',
    'checksum',
  );
  return {
    number: it.number.whole(),
    beforeSequence: it.beforeSequence.whole(),
    epoch: it.epoch.whole(),
    firstSequence: it.firstSequence.whole(),
    through: it.through.whole(),
    firstTime: it.firstTime.time(),
    lastTime: it.lastTime.time(),
    commits: it.commits.whole(),
    archivedAt: it.archivedAt.time(),
    ends: it.ends.text(TEXT_MAX),
    seams: it.seams.hexUpTo(LIST_MAX * HASH_BYTES),
    hashBehind: it.hashBehind.hex(HASH_BYTES),
    file: it.file.orNull((each) => each.text(TEXT_MAX)),
    bytes: it.bytes.orNull((each) => each.whole()),
    checksum: it.checksum.orNull((each) => each.hex(HASH_BYTES)),
  };
}
