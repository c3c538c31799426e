/** The settings of one emission, checked and complete. */

import type { LineLayout } from '../../formats/event-format.ts';
import type { Anchor } from '../../model/events/head.ts';
import type { RoutingOverride } from '../../model/routing/router.ts';
import type { RoutingSpec } from '../../model/routing/routing.ts';
import { formatRoutingSpec } from '../../model/routing/routing-text.ts';
import { type FieldPath, formatFieldPath, formatFieldPaths } from '../../model/text/field-path.ts';
import type { Micros } from '../../model/time/time.ts';
import type { TimeZone } from '../../model/time/time-zone.ts';
import type { FaultContext } from '../../scan/line-fault.ts';
import type { LineReading } from '../input/line-reading.ts';

export interface EmissionSettings {
  readonly time: FieldPath | null;
  /** Of times without an offset; null: they are rejected. */
  readonly zone: TimeZone | null;
  readonly unique: readonly FieldPath[] | null;
  readonly lineBytesMax: number;
  readonly depthMax: number;
  /** Maximum time by which an event may be ahead of the clock. */
  readonly maxSkewMicros: Micros;
  readonly isClockTrusted: boolean;
  /** An event earlier than the head: recorded at the head's time, or a bad line. */
  readonly late: 'record' | 'reject';
  /** How the lines of an input become payloads. */
  readonly reading: LineReading;
  /** Where payload and time are in a line: in that of an output format, or as in `payload`, where the line is the payload. */
  readonly layout: LineLayout;
  readonly override: RoutingOverride;
  /** The first commit of an input is made only at this head; undefined: at any. */
  readonly expectedHead?: Anchor | undefined;
  /**
   * The effect of a bad line: `stop` commits the lines before it and none after, `collect` skips it,
   * `calls` skips every line of its call.
   */
  readonly onBadLine: 'stop' | 'collect' | 'calls';
}

/** Whether lines have other fields around the payload. */
export function isWrapped({ layout }: EmissionSettings): boolean {
  return layout.payload.length > 0;
}

/** Whether the kernel frames lines under these settings; otherwise it only scans them. */
export function isForKernel(settings: EmissionSettings): boolean {
  return !isWrapped(settings) && settings.unique === null && settings.onBadLine !== 'calls';
}

/** Limits of a scanned line: each level around the payload adds one of nesting, and other fields. */
export function scanLimits(settings: EmissionSettings): { depthMax: number; lineBytesMax: number } {
  const { layout, depthMax, lineBytesMax } = settings;
  return {
    depthMax: depthMax + layout.payload.length,
    lineBytesMax: isWrapped(settings) ? lineBytesMax * 2 + 4096 : lineBytesMax,
  };
}

/** The fields that an emission reads, and their slots in the scan. */
export interface FieldSlots {
  readonly paths: readonly FieldPath[];
  /** Routing's fields are slots 0 .. n-1. */
  readonly time: number | null;
  /** Of the fields of the id. */
  readonly unique: readonly number[] | null;
  readonly payload: number | null;
}

export function fieldSlots(settings: EmissionSettings, routingFields: readonly FieldPath[]): FieldSlots {
  const { layout } = settings;
  const inPayload = (path: FieldPath): FieldPath => [...layout.payload, ...path];
  const paths: FieldPath[] = routingFields.map(inPayload);
  const add = (path: FieldPath): number => paths.push(path) - 1;
  const timePath = layout.time ?? (settings.time === null ? null : inPayload(settings.time));
  return {
    time: timePath === null ? null : add(timePath),
    unique: settings.unique === null ? null : settings.unique.map((path) => add(inPayload(path))),
    payload: isWrapped(settings) ? add(layout.payload) : null,
    paths,
  };
}

/** The settings that the texts of faults mention. */
export function faultContext(settings: EmissionSettings, spec: RoutingSpec): FaultContext {
  return {
    lineBytesMax: settings.lineBytesMax,
    depthMax: settings.depthMax,
    routing: formatRoutingSpec(spec),
    timePath: settings.time === null ? 'time' : formatFieldPath(settings.time),
    zone: settings.zone?.name ?? null,
    uniquePath: settings.unique === null ? '' : formatFieldPaths(settings.unique),
    maxSkew: `${settings.maxSkewMicros / 3_600_000_000} h`,
  };
}
