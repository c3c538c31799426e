/** The settings of one emission, checked and complete. */

import type { RoutingOverride } from '../../model/routing/router.ts';
import type { RoutingSpec } from '../../model/routing/routing.ts';
import { formatRoutingSpec } from '../../model/routing/routing-text.ts';
import { type FieldPath, formatFieldPath, parseFieldPath } from '../../model/text/field-path.ts';
import type { Micros } from '../../model/time/time.ts';
import type { FaultContext } from '../../scan/line-fault.ts';

export interface EmissionSettings {
  readonly time: FieldPath | null;
  readonly unique: FieldPath | null;
  readonly lineBytesMax: number;
  readonly depthMax: number;
  /** Maximum time by which an event may be ahead of the clock. */
  readonly maxSkewMicros: Micros;
  readonly isClockTrusted: boolean;
  /** An event earlier than the head: recorded at the head's time, or a bad line. */
  readonly late: 'record' | 'reject';
  /** Lines are envelopes as `replay -o envelope` writes them: payload and time are read from the envelope. */
  readonly isEnvelope: boolean;
  readonly override: RoutingOverride;
  /**
   * The effect of a bad line: `stop` commits the lines before it and none after, `collect` skips it,
   * `calls` skips every line of its call.
   */
  readonly onBadLine: 'stop' | 'collect' | 'calls';
}

const ENVELOPE_TIME = parseFieldPath('time');
const ENVELOPE_PAYLOAD = parseFieldPath('payload');

/** Limits of a scanned line: an envelope adds a level of nesting, and has other fields beside the payload. */
export function scanLimits({ isEnvelope, depthMax, lineBytesMax }: EmissionSettings): {
  depthMax: number;
  lineBytesMax: number;
} {
  return isEnvelope ? { depthMax: depthMax + 1, lineBytesMax: lineBytesMax * 2 + 4096 } : { depthMax, lineBytesMax };
}

/** The fields that an emission reads, and their slots in the scan. */
export interface FieldSlots {
  readonly paths: readonly FieldPath[];
  /** Routing's fields are slots 0 .. n-1. */
  readonly time: number | null;
  readonly unique: number | null;
  readonly payload: number | null;
}

export function fieldSlots(settings: EmissionSettings, routingFields: readonly FieldPath[]): FieldSlots {
  const inPayload = (path: FieldPath): FieldPath => (settings.isEnvelope ? [...ENVELOPE_PAYLOAD, ...path] : path);
  const paths: FieldPath[] = routingFields.map(inPayload);
  const add = (path: FieldPath): number => paths.push(path) - 1;
  const timePath = settings.isEnvelope ? ENVELOPE_TIME : settings.time;
  return {
    time: timePath === null ? null : add(timePath),
    unique: settings.unique === null ? null : add(inPayload(settings.unique)),
    payload: settings.isEnvelope ? add(ENVELOPE_PAYLOAD) : null,
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
    uniquePath: settings.unique === null ? '' : formatFieldPath(settings.unique),
    maxSkew: `${settings.maxSkewMicros / 3_600_000_000} h`,
  };
}
