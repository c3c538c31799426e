/**
 * Host side of the kernel's gatherer: splits commits into lines, page by page. Leaves unusual commits to the reference.
 */

import { align, KernelMemory } from '../kernel/load.ts';
import type { StoredCommit } from '../model/events/commit.ts';
import type { GatheredCommit, GatheredLines } from '../model/events/event.ts';
import { bodyBytes, type Page } from '../model/events/history.ts';
import type { SequenceRange } from '../model/events/range.ts';
import { byteAt, isDigit, LINE_FEED, ZERO } from '../model/text/bytes.ts';
import {
  FRAME_BYTES,
  GAP_BYTES,
  hasPlausibleRows,
  layFrames,
  SLOT_BYTES,
  SLOTS_MAX,
  workBytes,
} from './kernel-frames.ts';

interface GatherExports {
  gather(
    frames: number,
    frameCount: number,
    slots: number,
    slotCount: number,
    from: number,
    through: number,
    out: number,
    times: number,
    offsets: number,
    frameOf: number,
  ): number;
  gatheredEnd(): number;
  gatheredFirst(): number;
  gatheredLast(): number;
  gatheredFirstTime(): number;
  gatheredLastTime(): number;
}

/** Of an event's time, offset and frame. */
const FACT_BYTES = 8 + 8 + 2;
/** A commit that needs more memory than this is left to the reference. */
const MEMORY_BYTES_MAX = 1024 * 1024 * 1024;
const PLACE_MAX = 0xffff_ffff;

export class LineGatherer {
  readonly #memory = new KernelMemory<GatherExports>();
  /** Lines of the page, from here on; scratch memory for each commit follows them. */
  #linesEnd = this.#memory.start;

  /** Splits the commits of one page. Their lines are views, valid until another page is split. */
  forPage(page: Page): GatheredCommit {
    let hasBegun = false;
    return (commit, range) => {
      if (!hasBegun) this.#begin(page.commits);
      hasBegun = true;
      return this.#cut(commit, range);
    };
  }

  /** Discards the lines of the previous page, and reserves memory for those of this one. */
  #begin(page: readonly StoredCommit[]): void {
    this.#linesEnd = this.#memory.start;
    const usual = page.filter(isUsual);
    const lines = usual.reduce(
      (sum, commit) => sum + bodyBytes(commit.frames) + GAP_BYTES + 16 + placesOf(commit) * FACT_BYTES,
      this.#linesEnd,
    );
    const work = usual.reduce((most, commit) => Math.max(most, workBytes(commit, placesOf(commit))), 0);
    // reserved now, because growing the memory later would detach the views of the lines
    this.#memory.reserve(Math.min(lines + work, MEMORY_BYTES_MAX));
  }

  /** Null if the reference must read the commit. */
  #cut(commit: StoredCommit, range: SequenceRange): GatheredLines | null {
    if (!isUsual(commit)) return null;
    const from = Math.min(PLACE_MAX, Math.max(0, range.from - commit.firstSequence));
    const through = Math.min(PLACE_MAX, range.through - commit.firstSequence);
    if (from > through) return null;
    return this.#gather(commit, placesOf(commit), from, through);
  }

  #gather(commit: StoredCommit, places: number, from: number, through: number): GatheredLines | null {
    const { exports } = this.#memory;
    const { frames } = commit;
    const timesAt = align(this.#linesEnd);
    const offsetsAt = timesAt + places * 8;
    const frameOfAt = offsetsAt + places * 8;
    const linesAt = timesAt + places * FACT_BYTES;
    const framesAt = align(linesAt + bodyBytes(frames) + GAP_BYTES);
    const slotsAt = align(framesAt + frames.length * FRAME_BYTES);
    if (linesAt + bodyBytes(frames) + workBytes(commit, places) > this.#memory.buffer.byteLength) return null;
    layFrames(this.#memory.buffer, commit, framesAt, slotsAt + places * SLOT_BYTES);
    const count = exports.gather(
      framesAt,
      frames.length,
      slotsAt,
      places,
      from,
      through,
      linesAt,
      timesAt,
      offsetsAt,
      frameOfAt,
    );
    if (count < 0) return null;
    if (count === 0)
      return {
        count,
        firstSequence: 0,
        lastSequence: 0,
        firstTime: 0,
        lastTime: 0,
        lines: Buffer.alloc(0),
        facts: null,
      };
    const { buffer } = this.#memory;
    this.#linesEnd = exports.gatheredEnd();
    return {
      count,
      firstSequence: commit.firstSequence + exports.gatheredFirst(),
      lastSequence: commit.firstSequence + exports.gatheredLast(),
      firstTime: exports.gatheredFirstTime(),
      lastTime: exports.gatheredLastTime(),
      lines: Buffer.from(buffer, linesAt, this.#linesEnd - linesAt),
      facts: {
        times: new Float64Array(buffer, timesAt, count),
        offsets: new Float64Array(buffer, offsetsAt, count),
        frameOf: new Uint16Array(buffer, frameOfAt, count),
        frames,
      },
    };
  }
}

/** Whether the rows are plausible; other errors in them show while splitting. */
function isUsual(commit: StoredCommit): boolean {
  return hasPlausibleRows(commit) && placesOf(commit) <= SLOTS_MAX;
}

/** Number of slots that the commit's events span: slots of partitions that were not requested stay empty. */
function placesOf({ frames }: StoredCommit): number {
  return frames.reduce((most, { body }) => Math.max(most, lastPlace(body) + 1), 0);
}

/** Index of a body's last event, which is its greatest. */
function lastPlace(body: Buffer): number {
  // after the last line feed there is one bracket; without any line feed the body begins with two
  let at = Math.max(body.lastIndexOf(LINE_FEED), 0) + 2;
  let place = 0;
  for (; place <= SLOTS_MAX && at < body.length && isDigit(byteAt(body, at)); at++)
    place = place * 10 + (byteAt(body, at) - ZERO);
  return place;
}
