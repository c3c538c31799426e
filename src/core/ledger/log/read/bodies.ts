/** Where the bytes of commits are read: the same question for every layout, which decides what message has them. */

import type { FoldedCommit } from '../fold/accept.ts';
import type { Genesis } from '../fold/log-state.ts';
import { frameTopicOf, LINK_TOPIC, LONG_LINK_TOPIC, MIXED_TOPIC, type Span, topicOf } from '../format/messages.ts';
import type { LogMessage, LogRead, OrderedLog } from '../ordered-log.ts';
import { lostMessages } from './lost-messages.ts';

const EMPTY = Buffer.alloc(0);

/** What is read of commits: the frames of these partitions (null: of all), or what is behind the frames. */
export type Wanted = readonly number[] | null | 'marks';

/** The bytes at a place of one commit, of those that were loaded. */
export type BytesAt = (span: Span) => Buffer;

/** Topics of the messages that have what is wanted; undefined: all. */
function topicsOf({ layout }: Pick<Genesis, 'layout'>, wanted: Wanted): readonly string[] | undefined {
  if (wanted === null) return undefined;
  if (layout === 'framed') return wanted === 'marks' ? [LINK_TOPIC, LONG_LINK_TOPIC] : wanted.map(frameTopicOf);
  return wanted === 'marks' ? undefined : [MIXED_TOPIC, ...wanted.map(topicOf)];
}

function spansOf({ frames, marks }: FoldedCommit, wanted: Wanted): readonly Span[] {
  if (wanted === 'marks') return marks === null ? [] : [marks];
  const read = wanted === null ? frames : frames.filter(({ partition }) => wanted.includes(partition));
  return read.map(({ stored }) => stored);
}

/**
 * Which messages have what is wanted of these commits, which are in order: the last of them, how many are read up to it as far as is known here, and the size
 * of their bodies.
 */
export function extentOf(
  commits: readonly FoldedCommit[],
  wanted: Wanted,
  genesis: Pick<Genesis, 'layout'>,
): Required<Pick<LogRead, 'through' | 'expected'>> {
  const positions = new Set<number>();
  let bytes = 0;
  for (const commit of commits) {
    const read = new Set(spansOf(commit, wanted).map(({ back }) => back));
    for (const back of read) positions.add(commit.position - back);
    // a message is sent whole
    for (const span of [...spansOf(commit, null), ...spansOf(commit, 'marks')])
      if (read.has(span.back)) bytes += span.bytes;
  }
  const through = Math.max(0, ...positions);
  // without topics every message in between comes, too
  const isWhole = topicsOf(genesis, wanted) === undefined && positions.size > 0;
  const messages = isWhole ? through - Math.min(...positions) + 1 : positions.size;
  return { through, expected: { messages, bytes } };
}

/** The bytes of a commit that are all in the body of its own message. */
export function inBody(body: Buffer): BytesAt {
  return ({ at, bytes }) => body.subarray(at, at + bytes);
}

/** Reads bodies behind one another: commits are asked for in their order, and one read of the log serves all of them. */
export class BodyReader {
  readonly #log: OrderedLog;
  readonly #genesis: Pick<Genesis, 'layout'>;
  readonly #wanted: Wanted;
  readonly #request: Pick<LogRead, 'through' | 'expected' | 'signal'>;
  #messages: AsyncIterator<LogMessage> | null = null;
  #current: Pick<LogMessage, 'position' | 'body'> = { position: 0, body: EMPTY };

  constructor(
    log: OrderedLog,
    genesis: Pick<Genesis, 'layout'>,
    wanted: Wanted,
    request: Pick<LogRead, 'through' | 'expected' | 'signal'>,
  ) {
    this.#log = log;
    this.#genesis = genesis;
    this.#wanted = wanted;
    this.#request = request;
  }

  /** @throws LedgerError LEDGER_REPLACED where a message is not there any more */
  async load(commit: FoldedCommit): Promise<BytesAt> {
    const bodies = new Map<number, Buffer>();
    for (const { back } of spansOf(commit, this.#wanted))
      if (!bodies.has(back)) bodies.set(back, await this.#bodyAt(commit.position - back));
    // bytes that were not asked for, or are cut off, are found out by their length
    return ({ back, at, bytes }) => (bodies.get(back) ?? EMPTY).subarray(at, at + bytes);
  }

  /** Ends the read. */
  async close(): Promise<void> {
    await this.#messages?.return?.();
  }

  async #bodyAt(position: number): Promise<Buffer> {
    if (this.#messages === null) {
      const topics = topicsOf(this.#genesis, this.#wanted);
      const read = this.#log.read({ ...this.#request, from: position, topics, hasBodies: true });
      this.#messages = read[Symbol.asyncIterator]();
    }
    while (this.#current.position < position) {
      const next = await this.#messages.next();
      if (next.done === true) break;
      this.#current = next.value;
    }
    if (this.#current.position !== position) throw lostMessages(this.#log, position);
    return this.#current.body;
  }
}
