/** The gathering half of the hot kernel from its host's side: cuts commits into lines, page by page. It leaves to the reference whatever is not as usual. */

import { align, KernelMemory } from '../kernel/load.ts';
import type { StoredCommit } from '../model/commit.ts';
import type { CutCommit, CutLines } from '../model/event.ts';
import type { Page } from '../model/history.ts';
import type { SequenceRange } from '../model/range.ts';

interface GatherExports {
  gather(frames: number, frameCount: number, slots: number, slotCount: number, from: number, through: number, out: number): number;
  gatheredEnd(): number;
  gatheredFirst(): number;
  gatheredLast(): number;
  gatheredFirstTime(): number;
  gatheredLastTime(): number;
  gatheredPlace(): number;
}

/** The kernel's own sizes. */
const FRAME_BYTES = 24;
const SLOT_BYTES = 16;
const BROKEN = -1;
const BEYOND = -2;
/** The kernel reads and copies sixteen bytes at a time. */
const GAP_BYTES = 32;
/** A commit of more events is left to the reference. */
const SLOTS_MAX = 8 * 1024 * 1024;
const PLACE_MAX = 0xffff_ffff;

export class LineCutter {
  readonly #memory = new KernelMemory<GatherExports>();
  /** Lines of the page, from here on; what each commit needs besides stands behind them. */
  #linesEnd = this.#memory.start;

  /** Cuts the commits of one page. Their lines are views until another page's commits are cut. */
  forPage(page: Page): CutCommit {
    let hasBegun = false;
    return (commit, range) => {
      if (!hasBegun) this.#begin(page.commits);
      hasBegun = true;
      return this.#cut(commit, range);
    };
  }

  /** Forgets the lines of the page before, and makes room for those of this one. */
  #begin(page: readonly StoredCommit[]): void {
    this.#linesEnd = this.#memory.start;
    const lines = page.reduce((sum, { frames }) => sum + bytesOf(frames) + GAP_BYTES, this.#linesEnd);
    const work = page.reduce((most, commit) => Math.max(most, workBytes(commit, eventsOf(commit))), 0);
    // grown now, because growing later would take the memory from under the lines
    this.#memory.reserve(lines + work);
  }

  /** Null where the reference has to look at the commit. */
  #cut(commit: StoredCommit, range: SequenceRange): CutLines | null {
    const { firstSequence, frames } = commit;
    if (frames.some(({ sequence }) => sequence !== firstSequence)) return null;
    const from = Math.max(0, range.from - firstSequence);
    const through = Math.min(PLACE_MAX, range.through - firstSequence);
    if (from > through || from > PLACE_MAX) return null;
    return this.#gather(commit, eventsOf(commit), from, through);
  }

  #gather(commit: StoredCommit, slotCount: number, from: number, through: number): CutLines | null {
    const { exports } = this.#memory;
    const { frames } = commit;
    const linesAt = this.#linesEnd;
    const framesAt = align(linesAt + bytesOf(frames) + GAP_BYTES);
    const slotsAt = align(framesAt + frames.length * FRAME_BYTES);
    if (slotCount > SLOTS_MAX || linesAt + workBytes(commit, slotCount) + bytesOf(frames) > this.#memory.buffer.byteLength) return null;
    this.#lay(commit, framesAt, slotsAt + slotCount * SLOT_BYTES);
    const count = exports.gather(framesAt, frames.length, slotsAt, slotCount, from, through, linesAt);
    // events of partitions that were not asked for leave places empty, and others may lie behind the slots
    if (count === BEYOND) return this.#gather(commit, Math.max(exports.gatheredPlace() + 1, slotCount * 2), from, through);
    if (count <= 0) return count === BROKEN ? null : { count: 0, firstSequence: 0, lastSequence: 0, firstTime: 0, lastTime: 0, lines: Buffer.alloc(0) };
    this.#linesEnd = exports.gatheredEnd();
    return {
      count,
      firstSequence: commit.firstSequence + exports.gatheredFirst(),
      lastSequence: commit.firstSequence + exports.gatheredLast(),
      firstTime: exports.gatheredFirstTime(),
      lastTime: exports.gatheredLastTime(),
      lines: Buffer.from(this.#memory.buffer, linesAt, this.#linesEnd - linesAt),
    };
  }

  /** Writes the frames' table and, behind the slots, their bodies. */
  #lay({ frames }: StoredCommit, framesAt: number, bodiesAt: number): void {
    const { buffer } = this.#memory;
    const table = new DataView(buffer, framesAt, frames.length * FRAME_BYTES);
    const bytes = new Uint8Array(buffer);
    let bodyAt = bodiesAt;
    for (const [nth, { body, count, firstTime }] of frames.entries()) {
      const entry = nth * FRAME_BYTES;
      bytes.set(body, bodyAt);
      table.setUint32(entry, bodyAt, true);
      table.setUint32(entry + 4, bodyAt + body.length, true);
      table.setUint32(entry + 8, count, true);
      table.setFloat64(entry + 16, firstTime, true);
      bodyAt += body.length + GAP_BYTES;
    }
  }
}

function eventsOf({ frames }: StoredCommit): number {
  return frames.reduce((sum, { count }) => sum + count, 0);
}

function bytesOf(frames: StoredCommit['frames']): number {
  return frames.reduce((sum, { body }) => sum + body.length, 0);
}

/** What a commit needs besides its lines: its frames' table, slots and bodies. */
function workBytes({ frames }: StoredCommit, slotCount: number): number {
  return frames.length * (FRAME_BYTES + GAP_BYTES) + slotCount * SLOT_BYTES + bytesOf(frames) + 4 * GAP_BYTES;
}
