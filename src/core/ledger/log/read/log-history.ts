/** History of a ledger in a log: pages, lanes, and positions that are found between two seals. */

import { EventColumns } from '../../../frames/event-columns.ts';
import type { StoredCommit } from '../../../model/events/commit.ts';
import {
  bodyBytes,
  type History,
  type LaneRequest,
  type Page,
  type ReadRequest,
} from '../../../model/events/history.ts';
import { EVERYTHING, type SequenceRange } from '../../../model/events/range.ts';
import type { LanePosition } from '../../../model/group.ts';
import type { PartitionId } from '../../../model/routing/partition.ts';
import type { Micros } from '../../../model/time/time.ts';
import { isReadBefore, laneBound } from '../../protocol/lane-bounds.ts';
import { headOf } from '../../protocol/ledger-state.ts';
import type { FoldedCommit } from '../fold/accept.ts';
import type { Summary } from '../fold/log-state.ts';
import type { HistoryWalk } from './history-walk.ts';
import type { LiveFold } from './live-fold.ts';
import { after } from './recent-commits.ts';
import { lastOf } from './stretch.ts';

/** A page ends with the message that reaches this. */
const PAGE_BYTES = 1024 * 1024;

export class LogHistory implements History {
  readonly #live: LiveFold;
  readonly #walk: HistoryWalk;

  constructor(live: LiveFold, walk: HistoryWalk) {
    this.#live = live;
    this.#walk = walk;
  }

  head: History['head'] = async () => headOf((await this.#live.current()).ledger);

  firstSequence: History['firstSequence'] = async () => 1;

  async read(request: ReadRequest): Promise<Page> {
    const { range, partitions, verify } = request;
    await this.#live.reaching(range.through);
    const { chosen, next } = await this.#choosePage(request);
    return { commits: await this.#walk.frames(chosen, partitions, verify), next };
  }

  /** The commits of the first page, and where the next one begins. */
  async #choosePage({ range, partitions }: ReadRequest) {
    const chosen: FoldedCommit[] = [];
    if (range.from > range.through) return { chosen, next: null };
    let bytes = 0;
    const { commits } = await this.#walk.links(({ sequence }) => sequence < range.from);
    for await (const commit of commits) {
      const { firstSequence, frames } = commit.link;
      if (lastOf(commit) < range.from) continue;
      if (firstSequence > range.through) break;
      if (bytes >= PAGE_BYTES && commit.position !== chosen.at(-1)?.position) return { chosen, next: firstSequence };
      const own = commit.frames.filter(
        (_, nth) => partitions === null || partitions.includes(frames[nth]?.partition as PartitionId),
      );
      if (own.length > 0) chosen.push(commit);
      for (const frame of own) bytes += frame.bytes;
    }
    return { chosen, next: null };
  }

  /** The first page is read by itself: a short range is no longer, and what servers send ahead for the others would be for nothing. */
  async *pages({ range, partitions, verify }: ReadRequest): AsyncGenerator<Page, void, undefined> {
    const { ledger } = await this.#live.reaching(range.through);
    const through = Math.min(range.through, ledger.sequence);
    const first = await this.read({ range: { from: range.from, through }, partitions, verify });
    yield first;
    if (first.next === null) return;
    let commits: StoredCommit[] = [];
    let bytes = 0;
    for await (const { folded, stored, endsMessage } of this.#walk.commits({
      range: { from: first.next, through },
      partitions,
      verify,
    })) {
      commits.push(stored);
      bytes += bodyBytes(stored.frames);
      const next = lastOf(folded) + 1;
      if (bytes < PAGE_BYTES || !endsMessage || next > through) continue;
      yield { commits, next };
      commits = [];
      bytes = 0;
    }
    yield { commits, next: null };
  }

  async sequenceAtTime(time: Micros): Promise<number> {
    const { ledger } = await this.#live.current();
    if (ledger.sequence === 0 || ledger.time < time) return ledger.sequence + 1;
    const { commits } = await this.#walk.links((summary) => summary.time < time);
    for await (const commit of commits) {
      if (commit.link.lastTime < time) continue;
      const { sequences, times } = await this.#columns(commit);
      const at = times.findIndex((each) => each >= time);
      if (at >= 0) return sequences[at] as number;
    }
    return ledger.sequence + 1;
  }

  async sequenceOfLast(
    count: number,
    partitions: readonly PartitionId[] | null,
    through = Number.MAX_SAFE_INTEGER,
  ): Promise<number> {
    const { ledger } = await this.#live.current();
    const end = Math.min(through, ledger.sequence);
    if (partitions === null) return Math.max(1, end - count + 1);
    const sum = (offsets: readonly number[]): number =>
      partitions.reduce((total, partition) => total + (offsets[partition] ?? 0), 0);
    const wanted = sum(await this.#offsetsAt(end + 1)) - count;
    if (wanted < 0) return 1;
    const { start, commits } = await this.#walk.links(({ offsets }) => sum(offsets) <= wanted);
    let before = start;
    for await (const commit of commits) {
      const next = after(before, commit);
      if (sum(next.offsets) > wanted) return this.#nthOf(commit, partitions, wanted - sum(before.offsets));
      before = next;
    }
    return 1;
  }

  async partitionsSentTo({ from, through }: SequenceRange): Promise<readonly PartitionId[]> {
    const found = new Set<PartitionId>();
    if (from > through) return [];
    await this.#live.reaching(through);
    const { commits } = await this.#walk.links(({ sequence }) => sequence < from);
    for await (const { link } of commits) {
      if (link.firstSequence > through) break;
      if (link.sentTo !== null && link.firstSequence + link.count > from) found.add(link.sentTo);
    }
    return [...found];
  }

  async readLane(request: LaneRequest): Promise<StoredCommit[]> {
    await this.#live.reaching(request.fromSequence);
    const known = await this.#chooseLane(request);
    if (known.length > 0) return this.#walk.frames(known, [request.partition]);
    // the next event may be one that is not folded yet
    const before = this.#live.state.position;
    if ((await this.#live.current()).position === before) return [];
    return this.#walk.frames(await this.#chooseLane(request), [request.partition]);
  }

  async #chooseLane(request: LaneRequest): Promise<FoldedCommit[]> {
    const { partition, fromSequence } = request;
    const takesMore = laneBound(request);
    const chosen: FoldedCommit[] = [];
    const { commits } = await this.#walk.links(({ sequence }) => sequence < fromSequence);
    for await (const commit of commits) {
      if (lastOf(commit) < fromSequence) continue;
      const at = commit.link.frames.findIndex((frame) => frame.partition === partition);
      const frame = commit.link.frames[at];
      if (frame === undefined || isReadBefore(frame, request)) continue;
      chosen.push(commit);
      if (!takesMore(frame.sequence, frame.count, commit.frames[at]?.bytes ?? 0)) break;
    }
    return chosen;
  }

  async ends(partitions: readonly PartitionId[]): Promise<number[]> {
    const state = await this.#live.current();
    return partitions.map((partition) => state.partitions[partition]?.nextOffset ?? 0);
  }

  async positionsAt(sequence: number): Promise<LanePosition[]> {
    const state = await this.#live.current();
    const offsets = await this.#offsetsAt(sequence);
    return state.partitions.map((_, id) => ({ nextOffset: offsets[id] ?? 0, nextSequence: sequence }));
  }

  /** The time of the next event of a lane; null at its end. */
  async timeAt(partition: PartitionId, { nextOffset }: Pick<LanePosition, 'nextOffset'>): Promise<Micros | null> {
    const { commits } = await this.#walk.links(({ offsets }) => (offsets[partition] ?? 0) <= nextOffset);
    for await (const commit of commits) {
      const frame = commit.link.frames.find((each) => each.partition === partition);
      if (frame === undefined || frame.offset + frame.count <= nextOffset) continue;
      const [stored] = await this.#walk.frames([commit], [partition]);
      if (stored === undefined) return null;
      return EventColumns.of(stored, EVERYTHING).times[nextOffset - frame.offset] ?? null;
    }
    return null;
  }

  /** Events of each partition before a sequence. */
  async #offsetsAt(sequence: number): Promise<readonly number[]> {
    const isBefore = (summary: Summary): boolean => summary.sequence < sequence;
    const { start, commits } = await this.#walk.links(isBefore);
    let before = start;
    for await (const commit of commits) {
      if (commit.link.firstSequence >= sequence) break;
      if (lastOf(commit) < sequence) {
        before = after(before, commit);
        continue;
      }
      const offsets = [...after(before, commit).offsets];
      const columns = await this.#columns(commit);
      for (let at = 0; at < columns.count; at++) {
        const { partition } = columns.frame(at);
        if ((columns.sequences[at] as number) >= sequence) offsets[partition] = (offsets[partition] as number) - 1;
      }
      return offsets;
    }
    return before.offsets;
  }

  /** The sequence of the nth event of these partitions in a commit, from 0. */
  async #nthOf(commit: FoldedCommit, partitions: readonly PartitionId[], nth: number): Promise<number> {
    const columns = await this.#columns(commit);
    let left = nth;
    for (let at = 0; at < columns.count; at++) {
      if (!partitions.includes(columns.frame(at).partition)) continue;
      if (left-- === 0) return columns.sequences[at] as number;
    }
    return commit.link.firstSequence;
  }

  async #columns(commit: FoldedCommit): Promise<EventColumns> {
    return EventColumns.of(await this.#walk.whole(commit), EVERYTHING);
  }
}
