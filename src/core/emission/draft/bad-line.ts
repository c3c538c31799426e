/** A line that is not committed: the position of its fault, the reason, and its text. */

import { type RoutingSpec, routingFields } from '../../model/routing/routing.ts';
import type { FieldPath } from '../../model/text/field-path.ts';
import { nearPath } from '../../model/text/near-path.ts';
import { quoted } from '../../model/text/quoting.ts';
import { describeLineFault, LineFault } from '../../scan/line-fault.ts';
import type { ScannedLines } from '../../scan/scanned-lines.ts';
import type { Chunk } from '../input/chunk.ts';
import { beginsArrayOfObjects } from '../input/misread-line.ts';
import type { BadLineAt, IdConflict } from './draft-builder.ts';
import { type EmissionSettings, faultContext, isWrapped } from './settings.ts';

export interface BadLine {
  /** 0-based within the chunk, blank lines counted. */
  readonly lineInChunk: number;
  /** Position of the fault in the line, 1-based. */
  readonly byte: number;
  readonly fault: LineFault;
  readonly reason: string;
  /** Of an ID_CONFLICT: the id; the sequence of the stored event that has it, null if that is an earlier line. */
  readonly conflict?: { readonly id: string; readonly sequence: number | null } | undefined;
  /** A field is missing because the line is an array of objects, which have the fields. */
  readonly isArrayOfObjects: boolean;
  /** Copied from the chunk, line end excluded. */
  readonly text: Buffer;
}

/** Describes a bad line of a chunk; `lines`: the chunk's scan, which must still be valid. */
export function describeBadLine(
  { bytes }: Chunk,
  lines: ScannedLines,
  { line, fault, conflict }: BadLineAt,
  settings: EmissionSettings,
  spec: RoutingSpec,
): BadLine {
  const start = lines.starts[line] as number;
  const text = Buffer.from(bytes.subarray(start, lines.ends[line]));
  const at = lines.fault(line) === fault ? (lines.faultsAt[line] as number) : start;
  const missing = missingPaths(fault, settings, spec);
  const isArrayOfObjects = missing.some(([step]) => typeof step === 'string') && beginsArrayOfObjects(text);
  return {
    lineInChunk: lines.numbers[line] as number,
    byte: at - start + 1,
    fault,
    isArrayOfObjects,
    reason:
      describeLineFault(fault, faultContext(settings, spec)) +
      (isArrayOfObjects ? ': the line is an array of objects' : nearText(missing, text)) +
      conflictText(conflict, lines, line),
    conflict: conflict && { id: conflict.id, sequence: conflict.sequence },
    text,
  };
}

const ID_CHARACTERS_MAX = 80;

/** Which id it is, and where the event is that has it. */
function conflictText(conflict: IdConflict | undefined, lines: ScannedLines, line: number): string {
  if (conflict === undefined) return '';
  const characters = [...conflict.id];
  const id = characters.slice(0, ID_CHARACTERS_MAX).join('');
  return `: ${quoted(characters.length > ID_CHARACTERS_MAX ? `${id}…` : id)} ${placeText(conflict, lines, line)}`;
}

function placeText(conflict: IdConflict, { numbers }: ScannedLines, line: number): string {
  if (conflict.sequence !== null) return `is at sequence ${conflict.sequence}`;
  if (conflict.isOtherCall) return 'is in another call at the same time';
  const before = (numbers[line] as number) - (numbers[conflict.first] as number);
  return before === 1 ? 'is just before' : `is ${before} before`;
}

/** Where a missing field is in the line after all, such as under a name with a dot, which the path must quote. */
export function nearText(paths: readonly FieldPath[], text: Buffer): string {
  if (paths.length === 0) return '';
  const payload: unknown = JSON.parse(text.toString());
  const near = paths.map((path) => nearPath(path, payload)).find((found) => found !== null);
  return near === undefined ? '' : `; it ${near}`;
}

/** The fields that a line with this fault lacks, as far as they are of the line itself: an envelope has them elsewhere. */
export function missingPaths(fault: LineFault, settings: EmissionSettings, spec: RoutingSpec): readonly FieldPath[] {
  if (isWrapped(settings)) return [];
  switch (fault) {
    case LineFault.KEY_MISSING:
      return routingFields(spec);
    case LineFault.TIME_MISSING:
      return settings.time === null ? [] : [settings.time];
    case LineFault.ID_MISSING:
      return settings.unique ?? [];
    default:
      return [];
  }
}
