/**
 * Host side of the kernel's check of a commit's events, which builds no columns. What it does not prove is left to the
 * reference, which names the fault.
 */

import { align, KernelMemory } from '../kernel/load.ts';
import type { StoredCommit } from '../model/events/commit.ts';
import { bodyBytes } from '../model/events/history.ts';
import type { Micros } from '../model/time/time.ts';
import { FRAME_BYTES, hasPlausibleRows, layFrames, SLOT_BYTES, SLOTS_MAX, workBytes } from './kernel-frames.ts';

interface CheckExports {
  isWhole(frames: number, frameCount: number, slots: number, slotCount: number): number;
  gatheredFirstTime(): number;
  gatheredLastTime(): number;
}

/** Below this size of a commit the reference is as fast. */
const KERNEL_FROM_BYTES = 16 * 1024;
/** A commit that needs more is left to the reference: the kernel's memory never shrinks. */
const MEMORY_BYTES_MAX = 256 * 1024 * 1024;

export class EventCheck {
  readonly #kernelFromBytes: number;
  #memory: KernelMemory<CheckExports> | undefined;

  /** Smaller commits are left to the reference. */
  constructor(kernelFromBytes = KERNEL_FROM_BYTES) {
    this.#kernelFromBytes = kernelFromBytes;
  }

  /**
   * Whether the frames hold these many events, one for each sequence from the commit's first on, with times that rise
   * from the first of these to the last. False also if only the reference can say it.
   */
  proves(commit: StoredCommit, row: { count: number; firstTime: Micros; lastTime: Micros }): boolean {
    const { frames } = commit;
    const { count } = row;
    if (bodyBytes(frames) < this.#kernelFromBytes || count > SLOTS_MAX || !hasPlausibleRows(commit)) return false;
    this.#memory ??= new KernelMemory();
    const { exports, start } = this.#memory;
    const slotsAt = align(start + frames.length * FRAME_BYTES);
    const end = slotsAt + workBytes(commit, count);
    if (end > MEMORY_BYTES_MAX) return false;
    this.#memory.reserve(end);
    layFrames(this.#memory.buffer, commit, start, slotsAt + count * SLOT_BYTES);
    return (
      exports.isWhole(start, frames.length, slotsAt, count) !== 0 &&
      exports.gatheredFirstTime() === row.firstTime &&
      exports.gatheredLastTime() === row.lastTime
    );
  }
}
