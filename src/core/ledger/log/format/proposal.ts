/**
 * A proposal as messages: what the fold needs is in one header, one line of JSON, so that it can be folded without bodies. A packed one is one message, with
 * the frames' bodies as `[` body `,` body .. `]`. A framed one has a message for each frame, and behind them the link, whose body has the marks, and the commits
 * where they are too long for a header. If that would be one frame and a link without a body, the frame is the link's body. Pure.
 */

import type { LogLayout } from '../../../model/config.ts';
import type { LogEntry, LogMessage } from '../ordered-log.ts';
import { Field, malformed, readOr, toHeader } from './fields.ts';
import { appendPiece, type LaidOutDrafts } from './lay-out.ts';
import {
  frameTopicOf,
  LINK_TOPIC,
  LOG_FORMAT,
  LONG_LINK_TOPIC,
  MIXED_TOPIC,
  type Proposal,
  type ProposedCommit,
  type ProposedFrame,
  type Seen,
  topicOf,
} from './messages.ts';
import { commitsIn, onlyFrameOf, Places, withFramesBefore } from './places.ts';

/** Most commits of one proposal. */
const COMMITS_MAX = 1024;
const PARTITIONS_MAX = 65_536;
/** A header has room for 64 KiB; the rest is for its name. */
export const HEADER_BYTES_MAX = 64 * 1024 - 1024;
/** Of commits in a header, which has more than these. */
const COMMITS_BYTES_MAX = HEADER_BYTES_MAX - 2048;
const KEY_LENGTH_MAX = 32 * 1024;
/** Inputs have digests of 64 bytes, transfers of 32. */
export const DIGEST_BYTES_MAX = 64;

/** The part of a proposal that does not depend on when it is sent: it is made once, and sent as often as it takes. */
export interface PackedDrafts extends LaidOutDrafts {
  readonly topic: string;
  /** Of all bodies. */
  readonly bytes: number;
  /** The commits as they are in the header, or their place in the body. */
  readonly fields: unknown;
}

export function packDrafts(drafts: LaidOutDrafts, layout: LogLayout): PackedDrafts {
  const { commits, before } = drafts;
  const all = commits.map(commitFields);
  const text = layout === 'packed' ? null : Buffer.from(toHeader(all));
  const isLong = text !== null && text.length > COMMITS_BYTES_MAX;
  const topic = topicIn(layout, commits, isLong);
  const bytes = before.reduce((sum, entry) => sum + entry.body.length, drafts.body.length);
  if (isLong) {
    const { body, at } = appendPiece(drafts.body, text);
    const added = body.length - drafts.body.length;
    return { ...drafts, body, topic, bytes: bytes + added, fields: { at, len: text.length } };
  }
  const [frame] = before;
  if (frame === undefined || topic !== frame.topic) return { ...drafts, topic, bytes, fields: all };
  return { ...drafts, commits: inLink(commits), before: [], body: frame.body, topic, bytes, fields: all };
}

/** The only frame is in the link's body, and not before it. */
function inLink(commits: readonly ProposedCommit[]): ProposedCommit[] {
  return commits.map((commit) => ({
    ...commit,
    frames: commit.frames.map((frame) => ({ ...frame, stored: { ...frame.stored, back: 0 } })),
  }));
}

function topicIn(layout: LogLayout, commits: readonly ProposedCommit[], isLong: boolean): string {
  if (layout === 'packed') return topicFor(commits);
  if (isLong) return LONG_LINK_TOPIC;
  const only = onlyFrameOf(commits);
  return only === null ? LINK_TOPIC : frameTopicOf(only.partition);
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
    frames: frames.map(({ partition: p, count: n, firstTime, lastTime, key, hash, stored, plainBytes }) => ({
      p,
      n,
      first: firstTime,
      last: lastTime,
      key,
      hash: hash.toString('hex'),
      at: stored.at,
      len: stored.bytes,
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

/** The proposal in a message, or why there is none. A body is needed of a long link alone. Whether its frames are before it is for the fold to see. */
export function readProposal(message: LogMessage, layout: LogLayout): Proposal | string {
  if (message.header.length > HEADER_BYTES_MAX) return 'the header is too long';
  return readOr(() => toProposal(message, layout));
}

function toProposal({ topic, header, body, bodyBytes }: LogMessage, layout: LogLayout): Proposal {
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
  const places = new Places(layout, topic);
  const isLong = layout === 'framed' && topic === LONG_LINK_TOPIC;
  const list = isLong ? commitsIn(body, commits) : commits;
  const read = list.list(COMMITS_MAX).map((commit) => toCommit(commit, places));
  if (isLong) places.ofCommits(commits);
  if (read.length === 0) throw malformed('it has no commit');
  if (places.bodyBytes !== bodyBytes) throw malformed('the body is not as long as what is in it');
  if (topic !== topicIn(layout, read, isLong)) throw malformed('the topic is not that of its frames');
  return {
    ledger: ledger.text(64),
    who: { session: by.session.token(), generation: by.generation.whole(), number: by.n.whole() },
    epoch: epoch.whole(),
    isStrict: strict.flag(),
    commits: layout === 'packed' ? read : withFramesBefore(read, places.frames),
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

function toCommit(field: Field, places: Places): ProposedCommit {
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
  const commit = {
    count: count.whole(),
    firstTime: first.time(),
    lastTime: last.time(),
    hasArrivalTime: arrival.flag(),
    committedAt: committedAt.time(),
    producer: producer.orNull((step) => {
      const { name, from, position, digest } = step.fields('name', 'from', 'position', 'digest');
      return {
        name: name.clientName(),
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
      const stored = places.ofFrame(at, len);
      const plainBytes = plain && places.ofPlain(plain);
      return {
        partition: p.whole(PARTITIONS_MAX),
        count: n.whole(),
        firstTime: from.time(),
        lastTime: to.time(),
        key: key.orNull((text) => text.text(KEY_LENGTH_MAX)),
        hash: hash.hex(32),
        stored,
        plainBytes,
        bytes: plainBytes ?? stored.bytes,
      };
    }),
    marks: marks.orNull((each) => {
      const { at, len, hash } = each.fields('at', 'len', 'hash');
      return { ...places.inBody(at, len), hash: hash.hex(32) };
    }),
  };
  if (commit.hasArrivalTime && commit.firstTime !== commit.lastTime)
    throw malformed('events with one arrival time have several');
  return commit;
}
