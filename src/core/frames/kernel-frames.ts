/** The frames of a commit as the kernel takes them: a table, room for the events in their order, and the bodies. */

import type { StoredCommit } from '../model/events/commit.ts';
import { bodyBytes } from '../model/events/history.ts';

/** The kernel's own sizes. */
export const FRAME_BYTES = 32;
export const SLOT_BYTES = 24;
/** The kernel reads and copies sixteen bytes at a time. */
export const GAP_BYTES = 32;
/** A commit with more events is left to the reference. */
export const SLOTS_MAX = 8 * 1024 * 1024;

/** Whether the rows can be those of one commit. */
export function hasPlausibleRows({ firstSequence, frames }: StoredCommit): boolean {
  return frames.every(({ sequence, count, body }) => sequence === firstSequence && count > 0 && count <= body.length);
}

/** Memory for the table, the slots and the bodies. */
export function workBytes({ frames }: StoredCommit, slots: number): number {
  return frames.length * (FRAME_BYTES + GAP_BYTES) + slots * SLOT_BYTES + bodyBytes(frames) + 4 * GAP_BYTES;
}

/** Writes the frames' table and their bodies. */
export function layFrames(buffer: ArrayBufferLike, { frames }: StoredCommit, framesAt: number, bodiesAt: number): void {
  const table = new DataView(buffer, framesAt, frames.length * FRAME_BYTES);
  const bytes = new Uint8Array(buffer);
  let bodyAt = bodiesAt;
  for (const [nth, { body, count, firstTime, offset }] of frames.entries()) {
    const entry = nth * FRAME_BYTES;
    bytes.set(body, bodyAt);
    table.setUint32(entry, bodyAt, true);
    table.setUint32(entry + 4, bodyAt + body.length, true);
    table.setUint32(entry + 8, count, true);
    table.setFloat64(entry + 16, firstTime, true);
    table.setFloat64(entry + 24, offset, true);
    bodyAt += body.length + GAP_BYTES;
  }
}
