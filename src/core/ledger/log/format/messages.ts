/** The messages of a ledger's log, as data, and their topics. No I/O. */

import type { ProducerStep } from '../../../model/events/commit.ts';
import type { EpochPlan } from '../../../model/routing/epoch-plan.ts';
import type { Micros } from '../../../model/time/time.ts';
import type { HashedDraft } from '../../protocol/commit-link.ts';

export const LOG_FORMAT = 1;

/** The first message of a log, and no other: what never changes of the ledger, and its first epoch. */
export const INIT_TOPIC = 'init';
export const EPOCH_TOPIC = 'epoch';
/** A seal, or the last part of one; the parts before it have a topic of their own. */
export const SEAL_TOPIC = 'seal';
export const SEAL_PART_TOPIC = 'seal-part';
/** Proposals: of several partitions, or of one, named by its id. */
export const MIXED_TOPIC = 'c.m';
export const topicOf = (partition: number): string => `c.${partition}`;
/** In a framed ledger: the link of a proposal, and the frames before it, each on the topic of its partition. One frame and its link are one message there. */
export const LINK_TOPIC = 'l';
/** A link whose commits are too long for a header, and in its body: the fold needs that then. */
export const LONG_LINK_TOPIC = 'l.long';
export const frameTopicOf = (partition: number): string => `f.${partition}`;
/** Whether a message proposes commits, or is meant to. A frame has no header, unless it is its own link. */
export const isProposal = ({ topic, header }: { readonly topic: string; readonly header: string }): boolean =>
  topic.startsWith('c.') ||
  topic === LINK_TOPIC ||
  topic === LONG_LINK_TOPIC ||
  (header !== '' && partitionOfFrame(topic) !== null);
/** Whether the fold needs the body of such a message. */
export const needsBody = (topic: string): boolean => topic === EPOCH_TOPIC || topic === LONG_LINK_TOPIC;

/** The partition of a frame's topic; null if it is no such topic. */
export function partitionOfFrame(topic: string): number | null {
  const [, partition] = /^f\.(0|[1-9]\d{0,4})$/.exec(topic) ?? [];
  return partition === undefined ? null : Number(partition);
}

/** Who sent a proposal, and which one it is: a session counts its messages from 0 in each of its generations. */
export interface Who {
  readonly session: string;
  readonly generation: number;
  readonly number: number;
}

export const idOf = ({ session, generation, number }: Who): string => `${session}.${generation}.${number}`;

/** The head that a writer had folded when it sent a message: readers compare it with theirs. */
export interface Seen {
  /** Position of the last message that it had folded. */
  readonly position: number;
  readonly sequence: number;
  readonly hash: Buffer;
}

/** Bytes of a body: of the proposal's own message, or of one before it. */
export interface Span {
  /** How many messages before the proposal's own it is; 0: it is that one. */
  readonly back: number;
  readonly at: number;
  readonly bytes: number;
}

export interface ProposedFrame {
  /** Its body, as it is stored: plain, or as one zstd frame. */
  readonly stored: Span;
  /** What the zstd frame decompresses to; null: the body is stored plain. */
  readonly plainBytes: number | null;
  /** Of the plain body. */
  readonly bytes: number;
  readonly partition: number;
  readonly count: number;
  readonly firstTime: Micros;
  readonly lastTime: Micros;
  readonly key: string | null;
  readonly hash: Buffer;
}

export interface ProposedCommit extends HashedDraft {
  readonly frames: readonly ProposedFrame[];
  readonly producer: ProducerStep | null;
  /** Unique ids and pins behind the frames; null if there are none. */
  readonly marks: (Span & { readonly hash: Buffer }) | null;
}

/** One commit, or the commits of a transaction: all of them are accepted, or none. */
export interface Proposal {
  readonly ledger: string;
  readonly who: Who;
  readonly epoch: number;
  /** Whether events earlier than the head make it void, instead of being raised. */
  readonly isStrict: boolean;
  readonly commits: readonly ProposedCommit[];
  readonly seen: Seen;
  /** The message that must come right before it, by position and id (null: it is no proposal); null: any may. */
  readonly base: { readonly position: number; readonly id: string | null } | null;
}

export interface ProposedEpoch {
  readonly ledger: string;
  /** Identifies the proposal, which may be in the log more than once. */
  readonly id: string;
  /** The number of the epoch that must be in force. */
  readonly after: number;
  readonly plan: EpochPlan;
  readonly seen: Seen;
}

export interface Init {
  readonly uuid: string;
  readonly createdAt: Micros;
  /** JSON. */
  readonly config: string;
  /** Text of the routing. */
  readonly routing: string;
  readonly partitionNames: readonly string[];
  readonly partitionIds: readonly number[];
}
