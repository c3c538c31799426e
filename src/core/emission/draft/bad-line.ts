/** A line that is not committed: the position of its fault, the reason, and its text. */

import type { RoutingSpec } from '../../model/routing/routing.ts';
import { describeLineFault, type LineFault } from '../../scan/line-fault.ts';
import type { ScannedLines } from '../../scan/scanned-lines.ts';
import type { Chunk } from '../input/chunk.ts';
import type { BadLineAt } from './draft-builder.ts';
import { type EmissionSettings, faultContext } from './settings.ts';

export interface BadLine {
  /** 0-based within the chunk, blank lines counted. */
  readonly lineInChunk: number;
  /** Position of the fault in the line, 1-based. */
  readonly byte: number;
  readonly fault: LineFault;
  readonly reason: string;
  /** Copied from the chunk, line end excluded. */
  readonly text: Buffer;
}

/** Describes a bad line of a chunk; `lines`: the chunk's scan, which must still be valid. */
export function describeBadLine(
  { bytes }: Chunk,
  lines: ScannedLines,
  { line, fault }: BadLineAt,
  settings: EmissionSettings,
  spec: RoutingSpec,
): BadLine {
  const start = lines.starts[line] as number;
  const at = lines.fault(line) === fault ? (lines.faultsAt[line] as number) : start;
  return {
    lineInChunk: lines.numbers[line] as number,
    byte: at - start + 1,
    fault,
    reason: describeLineFault(fault, faultContext(settings, spec)),
    text: Buffer.from(bytes.subarray(start, lines.ends[line])),
  };
}
