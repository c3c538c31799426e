/** Builds the draft of a commit from checked lines: raises times to the head's, skips what is not committed, writes the frames. */

import { FrameBodyWriter } from '../../frames/frame-body.ts';
import type { Basis, CommitDraft, FrameDraft, UniqueId } from '../../model/events/commit.ts';
import type { Router } from '../../model/routing/router.ts';
import { NO_PIN_CHANGES, NO_SESSION } from '../../model/routing/session-pins.ts';
import type { SessionRouter } from '../../model/routing/session-router.ts';
import { type Micros, NO_TIME } from '../../model/time/time.ts';
import { blake3 } from '../../native/blake3.ts';
import { LineFault } from '../../scan/line-fault.ts';
import type { Chunk } from '../input/chunk.ts';
import type { CheckedLines } from './line-checker.ts';
import type { EmissionSettings } from './settings.ts';

/** Lines of a chunk to skip for reasons outside the line itself. Grows with the ledger's answers. */
export interface SkippedLines {
  /** 1 if the line was committed before, by this producer or under this id. */
  readonly done: Uint8Array;
  /** Faults found by the ledger, and faults of lines that were handed over as rejects; NONE otherwise. */
  readonly faults: Uint8Array;
  /** Sequences of stored events whose ids lines have with another payload, by line. */
  readonly conflicts: Map<number, number>;
  /** Whether `faults` has a fault. */
  hasFaults: boolean;
  /** The call of each line; null unless several calls share the chunk. */
  readonly callOfRow: Uint32Array | null;
}

/** Skips nothing yet. */
export function noneSkipped(count: number, callOfRow: Uint32Array | null = null): SkippedLines {
  return {
    done: new Uint8Array(count),
    faults: new Uint8Array(count),
    conflicts: new Map(),
    hasFaults: false,
    callOfRow,
  };
}

export interface BadLineAt {
  readonly line: number;
  readonly fault: LineFault;
  /** Of an ID_CONFLICT: the id, and where the event is that has it. */
  readonly conflict?: IdConflict | undefined;
}

/** `sequence`: of the stored event; null if it is the line `first` of the same chunk. */
export type IdConflict =
  | { readonly id: string; readonly sequence: number }
  | { readonly id: string; readonly sequence: null; readonly first: number; readonly isOtherCall: boolean };

export interface BuiltDraft {
  readonly draft: Omit<CommitDraft, 'producer'>;
  /** Computes the lines of the draft's events, in order. A function because most callers do not need them. */
  readonly lines: () => Uint32Array;
  readonly times: Float64Array;
  /** Payload bytes of the events. */
  readonly bytes: number;
  readonly late: number;
  /** Lines that repeat an event of the same draft: same id, same bytes. */
  readonly repeats: readonly { readonly line: number; readonly index: number }[];
  /** Bad lines, in order; under `stop` at most one, and no line after it was checked. */
  readonly badLines: readonly BadLineAt[];
  /** Under `stop` the bad line at which the draft ends; null if there is none. */
  readonly stoppedAt: number | null;
}

interface OpenFrame {
  readonly writer: FrameBodyWriter;
  count: number;
  firstTime: Micros;
  lastTime: Micros;
}

export class DraftBuilder {
  readonly #settings: EmissionSettings;
  readonly #router: Router;
  readonly #frames: (OpenFrame | undefined)[] = [];

  constructor(settings: EmissionSettings, router: Router) {
    this.#settings = settings;
    this.#router = router;
  }

  build(chunk: Chunk, checked: CheckedLines, skipped: SkippedLines, basis: Basis, now: Micros): BuiltDraft {
    const { callOfRow } = skipped;
    if (callOfRow === null) return this.#buildOnce(chunk, checked, skipped, basis, now, new Set());
    const refused = new Set<number>();
    const badLines: BadLineAt[] = [];
    for (let line = 0; line < checked.count; line++) {
      const fault = (skipped.faults[line] || checked.faults[line]) as LineFault;
      const call = callOfRow[line] as number;
      if (fault === LineFault.NONE || skipped.done[line] === 1 || refused.has(call)) continue;
      badLines.push({ line, fault, conflict: storedConflict(checked, skipped, line) });
      refused.add(call);
    }
    // a line that is bad only among the others fails its whole call, and the draft is built again without that call
    for (;;) {
      const built = this.#buildOnce(chunk, checked, skipped, basis, now, refused);
      const [bad] = built.badLines;
      if (bad === undefined) return { ...built, badLines };
      // id conflicts are found together: a build for each would take quadratic time
      const more =
        bad.fault === LineFault.ID_CONFLICT ? conflictsOfCalls(chunk, checked, skipped, callOfRow, refused) : [bad];
      badLines.push(...more);
      for (const { line } of more) refused.add(callOfRow[line] as number);
    }
  }

  #buildOnce(
    chunk: Chunk,
    checked: CheckedLines,
    skipped: SkippedLines,
    basis: Basis,
    now: Micros,
    refused: ReadonlySet<number>,
  ): BuiltDraft {
    const { late: lateRule, unique, onBadLine } = this.#settings;
    const { sessions, sentTo } = this.#router;
    sessions?.begin(basis.sessions?.loads ?? [], basis.sessions?.head);
    const lines = new Uint32Array(checked.count);
    const times = new Float64Array(checked.count);
    const badLines: BadLineAt[] = [];
    const repeats: { line: number; index: number }[] = [];
    const ids = new Map<string, UniqueId>();
    let stoppedAt: number | null = null;
    let count = 0;
    let late = 0;
    let bytes = 0;
    let time = basis.floor;
    let hasArrivalTime = true;

    for (let line = 0; line < checked.count; line++) {
      let conflict: IdConflict | undefined;
      if (skipped.done[line] === 1) continue;
      if (skipped.callOfRow !== null && refused.has(skipped.callOfRow[line] as number)) continue;
      const own = checked.times[line] as number;
      let fault = (skipped.faults[line] || checked.faults[line]) as LineFault;
      if (fault === LineFault.NONE && own < time && lateRule === 'reject') fault = LineFault.TIME_LATE;
      if (fault === LineFault.NONE && unique !== null) {
        const id = checked.ids[line] as string;
        const hash = hashOfLine(chunk, checked, line);
        const first = ids.get(id);
        if (first === undefined) {
          ids.set(id, { id, hash, index: count });
        } else if (first.hash.equals(hash)) {
          repeats.push({ line, index: first.index });
          continue;
        } else {
          fault = LineFault.ID_CONFLICT;
          conflict = inChunk(id, lines[first.index] as number, line, skipped.callOfRow);
        }
      }
      if (fault !== LineFault.NONE) {
        badLines.push({ line, fault, conflict: conflict ?? storedConflict(checked, skipped, line) });
        if (onBadLine === 'collect') continue;
        stoppedAt = line;
        break;
      }
      if (own === NO_TIME) {
        time = Math.max(time, now);
      } else {
        hasArrivalTime = false;
        if (own < time) late++;
        else time = own;
      }
      if (sessions !== null) placeSession(sessions, checked, line, time);
      lines[count] = line;
      times[count] = time;
      bytes += (checked.ends[line] as number) - (checked.starts[line] as number);
      this.#append(chunk, checked, line, count, time);
      count++;
    }

    const draft = {
      epoch: basis.epoch.epoch,
      count,
      firstTime: count > 0 ? (times[0] as number) : now,
      lastTime: time,
      hasArrivalTime,
      isLateRefused: lateRule === 'reject',
      frames: this.#takeFrames(),
      committedAt: now,
      isClockTrusted: this.#settings.isClockTrusted,
      ids: [...ids.values()],
      pins: sessions?.changes() ?? NO_PIN_CHANGES,
      sentTo,
    };
    return {
      draft,
      lines: () => lines.subarray(0, count),
      times: times.subarray(0, count),
      bytes,
      late,
      repeats,
      badLines,
      stoppedAt,
    };
  }

  #append(chunk: Chunk, checked: CheckedLines, line: number, sequenceDelta: number, time: Micros): void {
    const partition = checked.partitions[line] as number;
    let frame = this.#frames[partition];
    if (frame === undefined) {
      frame = { writer: new FrameBodyWriter(), count: 0, firstTime: time, lastTime: time };
      this.#frames[partition] = frame;
    }
    if (frame.count === 0) frame.firstTime = time;
    frame.count++;
    frame.lastTime = time;
    frame.writer.append(
      sequenceDelta,
      time - frame.firstTime,
      chunk.bytes,
      checked.starts[line] as number,
      checked.ends[line] as number,
    );
  }

  #takeFrames(): FrameDraft[] {
    const drafts: FrameDraft[] = [];
    for (const [partition, frame] of this.#frames.entries()) {
      if (frame === undefined || frame.count === 0) continue;
      drafts.push({
        partition,
        count: frame.count,
        firstTime: frame.firstTime,
        lastTime: frame.lastTime,
        key: this.#router.givenKey,
        body: frame.writer.take(),
      });
      frame.count = 0;
    }
    return drafts;
  }
}

/** The first line of each call whose id an earlier line has with other bytes, in the same call or in one that is not refused. */
function conflictsOfCalls(
  chunk: Chunk,
  checked: CheckedLines,
  { done }: SkippedLines,
  callOfRow: Uint32Array,
  refused: ReadonlySet<number>,
): BadLineAt[] {
  const found: BadLineAt[] = [];
  const taken = new Map<string, FirstLine>();
  for (let line = 0; line < checked.count; ) {
    const call = callOfRow[line] as number;
    const own = new Map<string, FirstLine>();
    let bad: BadLineAt | null = null;
    for (; line < checked.count && callOfRow[line] === call; line++) {
      if (bad !== null || done[line] === 1 || refused.has(call)) continue;
      const id = checked.ids[line] as string;
      const hash = hashOfLine(chunk, checked, line);
      const first = taken.get(id) ?? own.get(id);
      if (first === undefined) own.set(id, { hash, line });
      else if (!first.hash.equals(hash))
        bad = { line, fault: LineFault.ID_CONFLICT, conflict: inChunk(id, first.line, line, callOfRow) };
    }
    if (bad !== null) found.push(bad);
    else for (const [id, first] of own) taken.set(id, first);
  }
  return found;
}

interface FirstLine {
  readonly hash: Buffer;
  readonly line: number;
}

function storedConflict({ ids }: CheckedLines, { conflicts }: SkippedLines, line: number): IdConflict | undefined {
  const sequence = conflicts.get(line);
  return sequence === undefined ? undefined : { id: ids[line] as string, sequence };
}

function inChunk(id: string, first: number, line: number, callOfRow: Uint32Array | null): IdConflict {
  return { id, sequence: null, first, isOtherCall: callOfRow !== null && callOfRow[first] !== callOfRow[line] };
}

function hashOfLine(chunk: Chunk, { starts, ends }: CheckedLines, line: number): Buffer {
  return blake3(chunk.bytes.subarray(starts[line], ends[line]));
}

/** Assigns a line of a draft to its session's partition. Lines must come in order. */
export function placeSession(
  sessions: SessionRouter,
  { sessions: numbers, partitions }: CheckedLines,
  line: number,
  time: Micros,
): void {
  const session = numbers?.[line] ?? NO_SESSION;
  if (session === NO_SESSION) sessions.count(partitions[line] as number);
  else partitions[line] = sessions.assign(session, time);
}
