/**
 * A proposal as a message: what the fold needs in the header, one line of JSON, so that it can be folded without its body; the frames' bodies,
 * as `[` body `,` body .. `]`. A body may travel compressed: its frame says so. Pure.
 */

import { encodeBody, type StoredBody } from '../../../frames/frame-codec.ts';
import type { Compression } from '../../../model/compression.ts';
import type { CommitDraft } from '../../../model/events/commit.ts';
import { hashBody } from '../../protocol/chain.ts';
import { hashDraft } from '../../protocol/commit-link.ts';
import type { LogEntry, LogMessage } from '../ordered-log.ts';
import { MESSAGE_PLAIN_BYTES_MAX } from './body-at.ts';
import { Field, malformed, readOr, toHeader } from './fields.ts';
import { encodeMarks } from './marks.ts';
import {
  LOG_FORMAT,
  MIXED_TOPIC,
  type Proposal,
  type ProposedCommit,
  type ProposedFrame,
  type Seen,
  topicOf,
} from './messages.ts';

/** Most commits of one proposal. */
const COMMITS_MAX = 1024;
const PARTITIONS_MAX = 65_536;
/** A header has room for 64 KiB; the rest is for its name. */
export const HEADER_BYTES_MAX = 64 * 1024 - 1024;
const KEY_LENGTH_MAX = 32 * 1024;
/** Inputs have digests of 64 bytes, transfers of 32. */
export const DIGEST_BYTES_MAX = 64;

export const OPEN = Buffer.from('[');
export const COMMA = Buffer.from(',');
export const CLOSE = Buffer.from(']');

/** The part of a proposal that does not depend on when it is sent: it is made once, and sent as often as it takes. */
export interface PackedDrafts {
  readonly commits: readonly ProposedCommit[];
  readonly topic: string;
  readonly body: Buffer;
  /** What the compressed bodies decompress to. */
  readonly plainBytes: number;
  /** The commits as they are in the header. */
  readonly fields: readonly unknown[];
}

/**
 * Lays the bodies of a draft out as one body. It is a copy: the draft's memory may be used again.
 * @throws LedgerError CANNOT_LOAD if there is no zstd
 */
export function packDraft(draft: CommitDraft, compression: Compression | null): PackedDrafts {
  const pieces: Buffer[] = [];
  let end = 0;
  const place = (bytes: Buffer): number => {
    pieces.push(end === 0 ? OPEN : COMMA, bytes);
    const at = end + 1;
    end = at + bytes.length;
    return at;
  };
  const placeFrame = ({ bytes, plainBytes }: StoredBody) => ({
    at: place(bytes),
    storedBytes: bytes.length,
    plainBytes,
  });
  const hashed = hashDraft(draft);
  const frames = hashed.frames.map((frame, nth) => ({
    ...frame,
    ...placeFrame(encodeBody(draft.frames[nth]?.body as Buffer, compression)),
  }));
  const marks = encodeMarks(draft);
  const commit = {
    ...hashed,
    frames,
    marks: marks && { at: place(marks), bytes: marks.length, hash: hashBody(marks) },
  };
  pieces.push(CLOSE);
  return packedOf([commit], Buffer.concat(pieces));
}

/** `body`: of the message; the commits say where their frames are in it. */
export function packedOf(commits: readonly ProposedCommit[], body: Buffer): PackedDrafts {
  const plainBytes = commits.flatMap(({ frames }) => frames).reduce((sum, frame) => sum + (frame.plainBytes ?? 0), 0);
  return { commits, topic: topicFor(commits), body, plainBytes, fields: commits.map(commitFields) };
}

/** A message of one frame can be read for its partition alone. */
function topicFor(commits: readonly ProposedCommit[]): string {
  const [frame, ...others] = commits.flatMap(({ frames }) => frames);
  return frame !== undefined && others.length === 0 ? topicOf(frame.partition) : MIXED_TOPIC;
}

function commitFields(commit: ProposedCommit): unknown {
  const { producer, marks, frames } = commit;
  return {
    count: commit.count,
    first: commit.firstTime,
    last: commit.lastTime,
    arrival: commit.hasArrivalTime,
    committedAt: commit.committedAt,
    producer: producer && {
      name: producer.name,
      from: producer.from,
      position: producer.position,
      digest: producer.digest.toString('hex'),
    },
    sentTo: commit.sentTo,
    frames: frames.map(({ partition: p, count: n, firstTime, lastTime, key, hash, at, storedBytes, plainBytes }) => ({
      p,
      n,
      first: firstTime,
      last: lastTime,
      key,
      hash: hash.toString('hex'),
      at,
      len: storedBytes,
      ...(plainBytes === null ? {} : { plain: plainBytes }),
    })),
    marks: marks && { at: marks.at, len: marks.bytes, hash: marks.hash.toString('hex') },
  };
}

/** The message of packed drafts, for one sending. */
export function encodeProposal(
  { topic, body, fields }: PackedDrafts,
  { ledger, who, epoch, isStrict, seen, base }: Omit<Proposal, 'commits'>,
): LogEntry {
  const header = toHeader({
    v: LOG_FORMAT,
    ledger,
    who: { session: who.session, generation: who.generation, n: who.number },
    epoch,
    strict: isStrict,
    commits: fields,
    seen: encodeSeen(seen),
    base,
  });
  return { topic, header, body };
}

export function encodeSeen({ position, sequence, hash }: Seen): unknown {
  return { at: position, sequence, hash: hash.toString('hex') };
}

/** The proposal in a message, or why there is none. The body is not needed. */
export function readProposal(message: LogMessage): Proposal | string {
  if (message.header.length > HEADER_BYTES_MAX) return 'the header is too long';
  return readOr(() => toProposal(message));
}

function toProposal({ topic, header, bodyBytes }: LogMessage): Proposal {
  const { v, ledger, who, epoch, strict, commits, seen, base } = Field.parse(header, 'the header').fields(
    'v',
    'ledger',
    'who',
    'epoch',
    'strict',
    'commits',
    'seen',
    'base',
  );
  v.whole(LOG_FORMAT, LOG_FORMAT);
  const by = who.fields('session', 'generation', 'n');
  const layout = { end: 0, plainBytes: 0 };
  const read = commits.list(COMMITS_MAX).map((commit) => toCommit(commit, layout));
  if (read.length === 0) throw malformed('it has no commit');
  if (layout.end + 1 !== bodyBytes) throw malformed('the body is not as long as its frames');
  if (layout.plainBytes > MESSAGE_PLAIN_BYTES_MAX) throw malformed('its bodies are too long when they are plain');
  if (topic !== topicFor(read)) throw malformed('the topic is not that of its frames');
  return {
    ledger: ledger.text(64),
    who: { session: by.session.token(), generation: by.generation.whole(), number: by.n.whole() },
    epoch: epoch.whole(),
    isStrict: strict.flag(),
    commits: read,
    seen: toSeen(seen),
    base: base.orNull((each) => {
      const { position, id } = each.fields('position', 'id');
      return { position: position.whole(), id: id.orNull((text) => text.text(128)) };
    }),
  };
}

export function toSeen(field: Field): Seen {
  const { at, sequence, hash } = field.fields('at', 'sequence', 'hash');
  return { position: at.whole(), sequence: sequence.whole(), hash: hash.hex(32) };
}

/** `layout`: where the frame before it ends in the body, and what the compressed frames up to there decompress to. */
function toCommit(field: Field, layout: { end: number; plainBytes: number }): ProposedCommit {
  const { count, first, last, arrival, committedAt, producer, sentTo, frames, marks } = field.fields(
    'count',
    'first',
    'last',
    'arrival',
    'committedAt',
    'producer',
    'sentTo',
    'frames',
    'marks',
  );
  const place = (at: Field, bytes: Field) => {
    const span = { at: at.whole(), bytes: bytes.whole() };
    if (span.at !== layout.end + 1) throw malformed('a frame is not where the one before it ends');
    layout.end = span.at + span.bytes;
    return span;
  };
  const commit = {
    count: count.whole(),
    firstTime: first.time(),
    lastTime: last.time(),
    hasArrivalTime: arrival.flag(),
    committedAt: committedAt.time(),
    producer: producer.orNull((step) => {
      const { name, from, position, digest } = step.fields('name', 'from', 'position', 'digest');
      return {
        name: name.name(),
        from: from.whole(),
        position: position.whole(),
        digest: digest.hexUpTo(DIGEST_BYTES_MAX),
      };
    }),
    sentTo: sentTo.orNull((partition) => partition.whole(PARTITIONS_MAX)),
    frames: frames.list(PARTITIONS_MAX).map((frame): ProposedFrame => {
      const {
        p,
        n,
        first: from,
        last: to,
        key,
        hash,
        at,
        len,
        plain,
      } = frame.fieldsAnd('plain', 'p', 'n', 'first', 'last', 'key', 'hash', 'at', 'len');
      const { at: start, bytes: storedBytes } = place(at, len);
      const plainBytes = plain === null ? null : plain.whole(MESSAGE_PLAIN_BYTES_MAX);
      layout.plainBytes += plainBytes ?? 0;
      return {
        partition: p.whole(PARTITIONS_MAX),
        count: n.whole(),
        firstTime: from.time(),
        lastTime: to.time(),
        key: key.orNull((text) => text.text(KEY_LENGTH_MAX)),
        hash: hash.hex(32),
        at: start,
        storedBytes,
        plainBytes,
        bytes: plainBytes ?? storedBytes,
      };
    }),
    marks: marks.orNull((each) => {
      const { at, len, hash } = each.fields('at', 'len', 'hash');
      return { ...place(at, len), hash: hash.hex(32) };
    }),
  };
  if (commit.hasArrivalTime && commit.firstTime !== commit.lastTime)
    throw malformed('events with one arrival time have several');
  return commit;
}
