/** Builds the draft of a commit from judged lines: puts times on the ledger's floor, leaves out what is not taken, writes the frames. */

import { FrameBodyWriter } from '../../frames/frame-body.ts';
import type { Basis, CommitDraft, FrameDraft, UniqueId } from '../../model/events/commit.ts';
import type { Router } from '../../model/routing/router.ts';
import { NO_PIN_CHANGES, NO_SESSION, type SessionRouter } from '../../model/routing/session-pins.ts';
import { type Micros, NO_TIME } from '../../model/time/time.ts';
import { blake3 } from '../../native/blake3.ts';
import { LineFault } from '../../scan/line-fault.ts';
import type { Chunk } from '../input/chunk.ts';
import type { CheckedLines } from './line-checker.ts';
import type { EmissionSettings } from './settings.ts';

/** Which lines of a chunk are out, for reasons that are not the line's own. Grows while the ledger answers. */
export interface SkippedLines {
  /** 1: was committed before, by this producer or under this id. */
  readonly done: Uint8Array;
  /** Faults the ledger found, and those of lines that were rejected for good; NONE where there is none. */
  readonly faults: Uint8Array;
  /** Whether `faults` has any. */
  hasFaults: boolean;
  /** The call each line came with, where several calls share a chunk; null otherwise. */
  readonly callOfRow: Uint32Array | null;
}

/** Nothing is out yet. */
export function noneSkipped(count: number, callOfRow: Uint32Array | null = null): SkippedLines {
  return { done: new Uint8Array(count), faults: new Uint8Array(count), hasFaults: false, callOfRow };
}

export interface BadLineAt {
  readonly line: number;
  readonly fault: LineFault;
}

export interface BuiltDraft {
  readonly draft: Omit<CommitDraft, 'producer'>;
  /** Makes the lines of the draft's events, in their order: most callers do not ask. */
  readonly lines: () => Uint32Array;
  readonly times: Float64Array;
  /** Payload bytes of the events. */
  readonly bytes: number;
  readonly late: number;
  /** Lines that repeat an event of the same draft: same id, same bytes. */
  readonly repeats: readonly { readonly line: number; readonly index: number }[];
  /** Lines not taken, in order; under `stop` at most one, and nothing behind it was looked at. */
  readonly badLines: readonly BadLineAt[];
  /** The line the draft ends before under `stop`, otherwise null. */
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
      badLines.push({ line, fault });
      refused.add(call);
    }
    // a line found bad only among the others takes its whole call with it, and the draft begins again without them
    for (;;) {
      const built = this.#buildOnce(chunk, checked, skipped, basis, now, refused);
      const [bad] = built.badLines;
      if (bad === undefined) return { ...built, badLines };
      // those that an id refuses are found together: a build for each would take quadratic time
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
    sessions?.begin(basis.sessions?.loads ?? []);
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
        }
      }
      if (fault !== LineFault.NONE) {
        badLines.push({ line, fault });
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

/** The first line of each call whose id stands before it with other bytes, in a call that is not refused or in its own. */
function conflictsOfCalls(
  chunk: Chunk,
  checked: CheckedLines,
  { done }: SkippedLines,
  callOfRow: Uint32Array,
  refused: ReadonlySet<number>,
): BadLineAt[] {
  const found: BadLineAt[] = [];
  const taken = new Map<string, Buffer>();
  for (let line = 0; line < checked.count; ) {
    const call = callOfRow[line] as number;
    const own = new Map<string, Buffer>();
    let bad: number | null = null;
    for (; line < checked.count && callOfRow[line] === call; line++) {
      if (bad !== null || done[line] === 1 || refused.has(call)) continue;
      const id = checked.ids[line] as string;
      const hash = hashOfLine(chunk, checked, line);
      const first = taken.get(id) ?? own.get(id);
      if (first === undefined) own.set(id, hash);
      else if (!first.equals(hash)) bad = line;
    }
    if (bad !== null) found.push({ line: bad, fault: LineFault.ID_CONFLICT });
    else for (const [id, hash] of own) taken.set(id, hash);
  }
  return found;
}

function hashOfLine(chunk: Chunk, { starts, ends }: CheckedLines, line: number): Buffer {
  return blake3(chunk.bytes.subarray(starts[line], ends[line]));
}

/** Puts a line of a draft where its session goes; lines are to come in their order. */
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
