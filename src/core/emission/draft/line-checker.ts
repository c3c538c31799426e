/** Checks scanned lines one by one: the partition, time and id of each, or its fault. Knows nothing of other lines or of the head. */

import type { PartitionId } from '../../model/routing/partition.ts';
import type { Router } from '../../model/routing/router.ts';
import { NO_SESSION } from '../../model/routing/session-pins.ts';
import { scalarText } from '../../model/text/scalar-text.ts';
import { uniqueIdOf } from '../../model/text/unique-id.ts';
import type { Clock } from '../../model/time/clock.ts';
import { type Micros, NO_TIME, type TimeFault, type TimeReading } from '../../model/time/time.ts';
import { LineFault } from '../../scan/line-fault.ts';
import { FieldKind, type RoutableLine } from '../../scan/scanned-field.ts';
import type { ScannedLines } from '../../scan/scanned-lines.ts';
import { readTimeField } from '../../scan/time-field.ts';
import type { Chunk } from '../input/chunk.ts';
import { type Bounds, PayloadFinder } from './payload-bounds.ts';
import { type EmissionSettings, type FieldSlots, isWrapped } from './settings.ts';

/** The result for each line of a chunk, in columns; line n of the scan is row n. */
export interface CheckedLines {
  readonly count: number;
  readonly faults: Uint8Array;
  /** If `sessions` is not null, only lines without a session have one before a draft is built. */
  readonly partitions: Uint16Array;
  /** NO_SESSION for a line without one; null if no line has one. */
  readonly sessions: Int32Array | null;
  /** Times read from the lines; NO_TIME where the arrival time is used. */
  readonly times: Float64Array;
  /** Bounds of the payloads in the chunk. */
  readonly starts: Uint32Array;
  readonly ends: Uint32Array;
  /** Unique ids; empty if the ledger keeps none. */
  readonly ids: readonly string[];
}

const TIME_FAULTS: Readonly<Record<TimeFault, LineFault>> = {
  'not-a-time': LineFault.TIME_NOT_READABLE,
  'no-such-date': LineFault.TIME_NO_SUCH_DATE,
  'no-zone': LineFault.TIME_NO_ZONE,
  skipped: LineFault.TIME_SKIPPED,
  'out-of-range': LineFault.TIME_OUT_OF_RANGE,
};

export const ROUTE_FAULTS = {
  'key-missing': LineFault.KEY_MISSING,
  'key-not-scalar': LineFault.KEY_NOT_SCALAR,
  'key-not-comparable': LineFault.KEY_NOT_COMPARABLE,
  'unknown-partition': LineFault.UNKNOWN_PARTITION,
} as const;

function isTimeFault(fault: LineFault): boolean {
  return (fault >= LineFault.TIME_MISSING && fault <= LineFault.TIME_AHEAD) || fault === LineFault.TIME_SKIPPED;
}

export class LineChecker {
  readonly #settings: EmissionSettings;
  readonly #slots: FieldSlots;
  readonly #router: Router;
  readonly #clock: Clock;
  readonly #reading: TimeReading = { time: NO_TIME, fault: undefined };
  readonly #bounds: Bounds = { start: 0, end: 0 };
  readonly #payloads: PayloadFinder;

  constructor(settings: EmissionSettings, slots: FieldSlots, router: Router, clock: Clock) {
    this.#settings = settings;
    this.#slots = slots;
    this.#router = router;
    this.#clock = clock;
    this.#payloads = new PayloadFinder(settings.layout.payload);
  }

  check(chunk: Chunk, lines: ScannedLines): CheckedLines {
    const { count } = lines;
    const checked: CheckedLines = {
      count,
      faults: lines.faults.slice(0, count),
      partitions: new Uint16Array(count),
      sessions: this.noSessions(count),
      times: chunk.times?.slice() ?? new Float64Array(count).fill(NO_TIME),
      starts: lines.starts.slice(0, count),
      ends: lines.ends.slice(0, count),
      ids: this.#slots.unique === null ? [] : new Array<string>(count).fill(''),
    };
    const cursor = new LineCursor(chunk.bytes, lines);
    const latest = this.latestTime();
    for (let line = 0; line < count; line++) {
      if (checked.faults[line] !== LineFault.NONE) continue;
      cursor.line = line;
      checked.faults[line] = this.#checkLine(cursor, lines, checked, latest);
    }
    return checked;
  }

  /** Checks the lines with this fault, whose rows exist already: the kernel left them undecided. */
  recheck(chunk: Chunk, lines: ScannedLines, checked: CheckedLines, fault: number): void {
    const cursor = new LineCursor(chunk.bytes, lines);
    const latest = this.latestTime();
    for (let line = checked.faults.indexOf(fault); line >= 0; line = checked.faults.indexOf(fault, line + 1)) {
      cursor.line = line;
      checked.times[line] = chunk.times?.[line] ?? NO_TIME;
      checked.faults[line] = this.#checkLine(cursor, lines, checked, latest);
    }
  }

  /** A column of `count` sessions of which none is known yet; null if the routing has no sessions. */
  noSessions(count: number): Int32Array | null {
    return this.#router.sessions === null ? null : new Int32Array(count).fill(NO_SESSION);
  }

  /** Routes lines that are checked except for their routing, and have no session yet. A routing fault replaces a time fault. */
  route(chunk: Chunk, lines: ScannedLines, checked: CheckedLines): void {
    const cursor = new LineCursor(chunk.bytes, lines);
    const { sessions } = checked;
    for (let line = 0; line < checked.count; line++) {
      if (sessions !== null && sessions[line] !== NO_SESSION) continue;
      const fault = checked.faults[line] as LineFault;
      if (fault !== LineFault.NONE && !isTimeFault(fault)) continue;
      cursor.line = line;
      cursor.payloadStart = checked.starts[line] as number;
      cursor.payloadEnd = checked.ends[line] as number;
      const refused = this.#route(cursor, checked);
      if (refused === LineFault.NONE) continue;
      checked.faults[line] = refused;
      lines.faultsAt[line] = cursor.payloadStart;
    }
  }

  /** The latest time that an event may have now. */
  latestTime(): Micros {
    return this.#clock.nowMicros() + this.#settings.maxSkewMicros;
  }

  #checkLine(cursor: LineCursor, lines: ScannedLines, checked: CheckedLines, latest: Micros): LineFault {
    const { line, bytes } = cursor;
    const { time, unique, payload } = this.#slots;
    if (payload !== null) {
      if (!this.#findPayload(bytes, lines, line, payload)) return LineFault.NOT_AN_ENVELOPE;
      checked.starts[line] = this.#bounds.start;
      checked.ends[line] = this.#bounds.end;
      if (this.#bounds.end - this.#bounds.start > this.#settings.lineBytesMax) return LineFault.TOO_LONG;
    }
    cursor.payloadStart = checked.starts[line] as number;
    cursor.payloadEnd = checked.ends[line] as number;
    const refused = this.#route(cursor, checked);
    if (refused !== LineFault.NONE) return refused;
    if (time !== null) {
      const fault = this.#readTime(bytes, lines, line, time, latest);
      if (fault !== LineFault.NONE) return fault;
      checked.times[line] = this.#reading.time;
    }
    if (unique === null) return LineFault.NONE;
    return this.#readId(bytes, lines, line, unique, checked);
  }

  #readId(
    bytes: Buffer,
    lines: ScannedLines,
    line: number,
    slots: readonly number[],
    { ids }: CheckedLines,
  ): LineFault {
    const texts: string[] = [];
    for (const slot of slots) {
      const kind = lines.kind(line, slot);
      const text = scalarText(bytes, kind, lines.fieldStart(line, slot), lines.fieldEnd(line, slot));
      if (text === null) return kind === FieldKind.ABSENT ? LineFault.ID_MISSING : LineFault.ID_NOT_SCALAR;
      texts.push(text);
    }
    (ids as string[])[line] = uniqueIdOf(texts);
    return LineFault.NONE;
  }

  #route(cursor: LineCursor, checked: CheckedLines): LineFault {
    const { sessions } = this.#router;
    if (sessions !== null && checked.sessions !== null) {
      const session = sessions.sessionOf(cursor);
      checked.sessions[cursor.line] = session;
      if (session !== NO_SESSION) return LineFault.NONE;
    }
    const route: PartitionId | keyof typeof ROUTE_FAULTS = this.#router.route(cursor);
    if (typeof route !== 'number') return ROUTE_FAULTS[route];
    checked.partitions[cursor.line] = route;
    return LineFault.NONE;
  }

  #findPayload(bytes: Buffer, lines: ScannedLines, line: number, slot: number): boolean {
    if (lines.kind(line, slot) === FieldKind.ABSENT) return false;
    this.#bounds.start = lines.fieldStart(line, slot);
    this.#bounds.end = lines.fieldEnd(line, slot);
    this.#payloads.widen(bytes, lines.ends[line] as number, this.#bounds);
    return true;
  }

  #readTime(bytes: Buffer, lines: ScannedLines, line: number, slot: number, latest: number): LineFault {
    const { zone } = this.#settings;
    const kind = lines.kind(line, slot);
    const start = lines.fieldStart(line, slot);
    const end = lines.fieldEnd(line, slot);
    if (kind === FieldKind.ABSENT)
      return isWrapped(this.#settings) ? LineFault.NOT_AN_ENVELOPE : LineFault.TIME_MISSING;
    readTimeField(bytes, kind, start, end, this.#reading, zone);
    if (this.#reading.fault !== undefined) return TIME_FAULTS[this.#reading.fault];
    return this.#reading.time > latest ? LineFault.TIME_AHEAD : LineFault.NONE;
  }
}

/** One line of a scan, in the form the router reads. */
export class LineCursor implements RoutableLine {
  readonly bytes: Buffer;
  line = 0;
  payloadStart = 0;
  payloadEnd = 0;
  readonly #lines: ScannedLines;

  constructor(bytes: Buffer, lines: ScannedLines) {
    this.bytes = bytes;
    this.#lines = lines;
  }

  kind(nth: number): FieldKind {
    return this.#lines.kind(this.line, nth);
  }

  start(nth: number): number {
    return this.#lines.fieldStart(this.line, nth);
  }

  end(nth: number): number {
    return this.#lines.fieldEnd(this.line, nth);
  }
}
