/** The room that the kernel needs for the frames of a chunk. */

import { PARTITIONS_MAX } from '../model/routing/partition.ts';
import { READABLE_AFTER } from '../scan/kernel-scanner.ts';
import { EVENT_BYTES_MAX } from './frame-body.ts';

/** Of the record that the kernel keeps for each partition, and between the bodies. */
export const REGION_BYTES = 32;
const REGION_GAP = 32;

/** Bytes that no frames of `lines` lines with `bytes` bytes can pass. */
export function frameBound(lines: number, bytes: number): number {
  const regions = PARTITIONS_MAX * (REGION_BYTES + REGION_GAP);
  return 64 + regions + bytes + lines * EVENT_BYTES_MAX + READABLE_AFTER;
}
