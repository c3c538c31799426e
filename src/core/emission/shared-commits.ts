/** Lets concurrent calls that emit single events share commits: while one commit is on its way, what comes in waits and goes together with the next. */

import { LINE_FEED } from '../model/bytes.ts';
import { invalidArgument, LedgerError } from '../model/ledger-error.ts';
import { type Given, NOTHING_GIVEN } from '../model/router.ts';
import { type Micros, NO_TIME } from '../model/time.ts';
import { AsideTarget } from './aside-target.ts';
import { CHUNK_BYTES } from './chunk.ts';
import { badEventError, type ChunkReport } from './chunk-report.ts';
import { Emitter, type EmitterParts } from './emitter.ts';
import type { EmissionSettings } from './settings.ts';

/** What becomes of one event. */
export interface EventReceipt {
  readonly sequence: number;
  readonly partition: string;
  readonly offset: number;
  /** Ledger time, integer microseconds since the epoch. */
  readonly time: Micros;
  /** True where its id was committed before with the same bytes: nothing was stored again. */
  readonly isDuplicate: boolean;
}

/** A duplicate is told by its sequence alone; where it lies is looked up. */
export type LocateEvent = (sequence: number) => Promise<Omit<EventReceipt, 'isDuplicate'>>;

interface Call {
  readonly lines: readonly Buffer[];
  readonly given: Given;
  readonly bytes: number;
  resolve(receipts: EventReceipt[]): void;
  reject(error: unknown): void;
}

/** Most bytes of one call: it is one commit, all or nothing. */
const CALL_BYTES_MAX = 64 * 1024 * 1024;

export class SharedCommits {
  readonly #parts: EmitterParts;
  readonly #settings: EmissionSettings;
  readonly #target: AsideTarget;
  /** Of calls to which nothing is given. */
  readonly #emitter: Emitter;
  /** Of the calls before, where something was given to them. */
  #given: { readonly given: Given; readonly emitter: Emitter } | undefined;
  readonly #locate: LocateEvent;
  #waiting: Call[] = [];
  #running: Promise<void> | undefined;

  constructor(parts: EmitterParts, settings: Omit<EmissionSettings, 'onBadLine' | 'given'>, locate: LocateEvent) {
    this.#target = new AsideTarget(parts.target);
    this.#parts = { ...parts, target: this.#target };
    this.#settings = { ...settings, given: NOTHING_GIVEN, onBadLine: 'calls' };
    this.#emitter = new Emitter(this.#parts, this.#settings);
    this.#locate = locate;
  }

  /** Commits the events of one call, all or none. Calls to which the same is given share a commit. @throws LedgerError BAD_LINE, ID_CONFLICT, INVALID_ARGUMENT and what the ledger throws. */
  emit(lines: readonly Buffer[], given: Given = NOTHING_GIVEN): Promise<EventReceipt[]> {
    const bytes = lines.reduce((sum, line) => sum + line.length + 1, 0);
    for (const [at, line] of lines.entries()) checkLine(line, at);
    if (bytes > CALL_BYTES_MAX) {
      throw invalidArgument(`${bytes} bytes in one call`, `emit up to ${CALL_BYTES_MAX} bytes a call, or a stream`);
    }
    if (lines.length === 0) return Promise.resolve([]);
    return new Promise((resolve, reject) => {
      this.#waiting.push({ lines, given, bytes, resolve, reject });
      this.#running ??= this.#run();
    });
  }

  /** Waits for the calls on their way, then lets go of the writing thread. */
  async close(): Promise<void> {
    await this.#running;
    await this.#target.close();
  }

  async #run(): Promise<void> {
    // calls of the same turn go together
    await Promise.resolve();
    while (this.#waiting.length > 0) {
      const calls = this.#takeCalls();
      try {
        await this.#commit(calls);
      } catch (error) {
        for (const call of calls) call.reject(error);
      }
    }
    // in the same turn as the last look at the queue: a call that came later would wait for a run that is over
    this.#running = undefined;
  }

  #takeCalls(): Call[] {
    let bytes = 0;
    let count = 0;
    const given = this.#waiting[0]?.given ?? NOTHING_GIVEN;
    for (const call of this.#waiting) {
      if (!isSame(call.given, given)) break;
      if (count > 0 && bytes + call.bytes > CHUNK_BYTES) break;
      bytes += call.bytes;
      count++;
    }
    return this.#waiting.splice(0, count);
  }

  async #commit(calls: readonly Call[]): Promise<void> {
    const parts: Buffer[] = [];
    const callOf: number[] = [];
    for (const [at, call] of calls.entries()) {
      for (const line of call.lines) {
        parts.push(line, END_OF_LINE);
        callOf.push(at);
      }
    }
    const bytes = Buffer.concat(parts);
    const chunk = { bytes, start: 0, end: bytes.length, position: 0, nextPosition: bytes.length };
    const report = await this.#emitterOf(calls[0]?.given ?? NOTHING_GIVEN).emit(chunk, { callOf: Uint32Array.from(callOf) });
    const firstRows = calls.map((_, at) => callOf.indexOf(at));
    const refused = new Set<number>();
    for (const bad of report.badLines) {
      const at = callOf[bad.lineInChunk] as number;
      refused.add(at);
      calls[at]?.reject(badEventError(bad, bad.lineInChunk - (firstRows[at] as number) + 1));
    }
    const receipts = await this.#receipts(report, callOf.length);
    for (const [at, call] of calls.entries()) {
      const first = firstRows[at] as number;
      if (!refused.has(at)) call.resolve(receipts.slice(first, first + call.lines.length) as EventReceipt[]);
    }
  }

  #emitterOf(given: Given): Emitter {
    if (isSame(given, NOTHING_GIVEN)) return this.#emitter;
    if (this.#given === undefined || !isSame(given, this.#given.given)) {
      this.#given = { given, emitter: new Emitter(this.#parts, { ...this.#settings, given }) };
    }
    return this.#given.emitter;
  }

  /** By row; undefined for the rows of refused calls. */
  async #receipts(report: ChunkReport, rows: number): Promise<(EventReceipt | undefined)[]> {
    const receipts = new Array<EventReceipt | undefined>(rows).fill(undefined);
    const { events } = report;
    if (events !== null) {
      const { rows, partitions, offsets, times } = events.columns;
      for (const [index, row] of rows.entries()) {
        receipts[row] = {
          sequence: events.committed.firstSequence + index,
          partition: events.partitionNames[partitions[index] as number] ?? '',
          offset: offsets[index] as number,
          time: times[index] ?? NO_TIME,
          isDuplicate: false,
        };
      }
    }
    for (const { row, sequence } of report.duplicates) {
      const { partition, offset, time } = await this.#locate(sequence);
      receipts[row] = { sequence, partition, offset, time, isDuplicate: true };
    }
    return receipts;
  }
}

function isSame(one: Given, other: Given): boolean {
  return one.key === other.key && one.to === other.to;
}

const END_OF_LINE = Buffer.from([LINE_FEED]);

/** @throws LedgerError BAD_LINE for text that is not exactly one line: the scanner would see none, or two. */
function checkLine(line: Buffer, at: number): void {
  const isEmpty = line.toString('latin1').trim() === '';
  if (!isEmpty && !line.includes(LINE_FEED)) return;
  const fact = isEmpty ? 'is empty' : 'has a line feed: one event is one line';
  throw new LedgerError('BAD_LINE', {
    message: `emit(): event ${at + 1} ${fact}`,
    hint: 'pass a value, or the JSON text of one event',
    details: { source: 'emit()', line: at + 1 },
  });
}
