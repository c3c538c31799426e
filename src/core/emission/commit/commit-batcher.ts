/** Batches concurrent calls that emit single events: calls that arrive during one commit share the next. */

import type { Anchor } from '../../model/events/head.ts';
import { invalidArgument, LedgerError } from '../../model/ledger-error.ts';
import { NO_OVERRIDE, type RoutingOverride } from '../../model/routing/router.ts';
import { LINE_FEED } from '../../model/text/bytes.ts';
import { NO_TIME } from '../../model/time/time.ts';
import type { EmissionSettings } from '../draft/settings.ts';
import { chunkBytesFor } from '../input/chunk.ts';
import { type Call, CallQueue } from './call-queue.ts';
import { badEventError, type ChunkReport } from './chunk-report.ts';
import type { Committer, OnCompleted } from './committer.ts';
import { committerFor } from './committer-for.ts';
import type { EmissionParts } from './emission-target.ts';
import type { EventReceipt } from './event-receipt.ts';
import { OverrideDrafts } from './override-drafts.ts';

/** Looks up where duplicates are stored, which are reported by their sequences alone. Returns them in the order of `sequences`. */
export type LocateEvents = (sequences: readonly number[]) => Promise<readonly Omit<EventReceipt, 'isDuplicate'>[]>;

/** Maximum bytes of one call: a call is one commit, all or nothing. */
const CALL_BYTES_MAX = 64 * 1024 * 1024;

/** The calls of one commit. */
interface PendingCalls {
  readonly calls: readonly Call[];
  /** Of the chunk that they share. */
  readonly callOfRow: Uint32Array;
  /** The first row of each call. */
  readonly firstRows: readonly number[];
}

export class CommitBatcher {
  readonly #drafts: OverrideDrafts;
  readonly #committer: Committer;
  readonly #locate: LocateEvents;
  readonly #waiting: CallQueue;
  #running: Promise<void> | undefined;
  #pending: PendingCalls | undefined;

  constructor(parts: EmissionParts, settings: Omit<EmissionSettings, 'onBadLine' | 'override'>, locate: LocateEvents) {
    this.#drafts = new OverrideDrafts(parts, { ...settings, onBadLine: 'calls' });
    this.#committer = committerFor({
      target: parts.target,
      drafts: this.#drafts.for(NO_OVERRIDE),
      onCompleted: this.#answer,
      onRejects: null,
      progress: null,
      needsEvents: true,
      awaitsSmall: true,
    });
    this.#locate = locate;
    this.#waiting = new CallQueue(chunkBytesFor(parts.target.commitBytesMax));
  }

  /** Commits the events of one call, all or none. Concurrent calls with the same override share a commit. @throws LedgerError BAD_LINE, ID_CONFLICT, HEAD_CONFLICT, INVALID_ARGUMENT and what the ledger throws. */
  emit(
    lines: readonly Buffer[],
    override: RoutingOverride = NO_OVERRIDE,
    expectedHead?: Anchor,
  ): Promise<EventReceipt[]> {
    const bytes = lines.reduce((sum, line) => sum + line.length + 1, 0);
    for (const [at, line] of lines.entries()) checkLine(line, at);
    if (bytes > CALL_BYTES_MAX) {
      throw invalidArgument(`${bytes} bytes in one call`, `emit up to ${CALL_BYTES_MAX} bytes a call, or a stream`);
    }
    if (lines.length === 0) return Promise.resolve([]);
    return new Promise((resolve, reject) => {
      this.#waiting.push({ lines, override, expectedHead, bytes, resolve, reject });
      this.#running ??= this.#run();
    });
  }

  /** Waits for the calls in progress, then ends the writing thread. */
  async close(): Promise<void> {
    await this.#running;
    await this.#committer.close();
  }

  async #run(): Promise<void> {
    // calls of the same turn share a commit
    await Promise.resolve();
    while (!this.#waiting.isEmpty) {
      const calls = this.#waiting.take();
      try {
        await this.#commit(calls);
      } catch (error) {
        for (const call of calls) call.reject(error);
      }
      this.#pending = undefined;
    }
    // Cleared in the same tick as the empty check; otherwise a call arriving in between would wait forever.
    this.#running = undefined;
  }

  async #commit(calls: readonly Call[]): Promise<void> {
    const parts: Buffer[] = [];
    const callOfRow: number[] = [];
    const firstRows: number[] = [];
    for (const [at, call] of calls.entries()) {
      firstRows.push(callOfRow.length);
      for (const line of call.lines) {
        parts.push(line, END_OF_LINE);
        callOfRow.push(at);
      }
    }
    const bytes = Buffer.concat(parts);
    this.#pending = { calls, callOfRow: Uint32Array.from(callOfRow), firstRows };
    await this.#committer.send(
      {
        bytes,
        start: 0,
        end: bytes.length,
        position: 0,
        nextPosition: bytes.length,
        callOfRow: this.#pending.callOfRow,
        expectedHead: calls[0]?.expectedHead,
      },
      this.#drafts.for(calls[0]?.override ?? NO_OVERRIDE),
    );
  }

  readonly #answer: OnCompleted = async (_, report) => {
    const { calls, callOfRow, firstRows } = this.#pending as PendingCalls;
    const refused = new Set<number>();
    for (const bad of report.badLines) {
      const at = callOfRow[bad.lineInChunk] as number;
      refused.add(at);
      calls[at]?.reject(badEventError(bad, bad.lineInChunk - (firstRows[at] as number) + 1));
    }
    const receipts = await this.#receipts(report, callOfRow.length);
    for (const [at, call] of calls.entries()) {
      const first = firstRows[at] as number;
      if (!refused.has(at)) call.resolve(receipts.slice(first, first + call.lines.length) as EventReceipt[]);
    }
  };

  /** Receipts by row; undefined for the rows of refused calls. */
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
    const { duplicates } = report;
    const places = duplicates.length === 0 ? [] : await this.#locate(duplicates.map(({ sequence }) => sequence));
    for (const [nth, { row }] of duplicates.entries()) {
      const { sequence, partition, offset, time } = places[nth] as Omit<EventReceipt, 'isDuplicate'>;
      receipts[row] = { sequence, partition, offset, time, isDuplicate: true };
    }
    return receipts;
  }
}

const END_OF_LINE = Buffer.from([LINE_FEED]);

/** @throws LedgerError BAD_LINE if the text is not exactly one line: the scanner would find none, or two. */
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
