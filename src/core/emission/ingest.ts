/** Emits whole inputs: source by source, chunk by chunk, with a report of what became of them. */

import type { Head } from '../model/head.ts';
import { LedgerError } from '../model/ledger-error.ts';
import { CHUNK_BYTES, ChunkReader } from './chunks.ts';
import { type BadLine, badLineError, type ChunkReport, type CommittedEvents, type Emitter } from './emitter.ts';
import type { ProducerTrack } from './producer-track.ts';

/** A named stream of JSON lines. */
export interface InputSource {
  /** As messages name it: a file's path, or `stdin`. */
  readonly name: string;
  /** Opened when its turn comes. */
  readonly open: () => AsyncIterable<Uint8Array | string>;
}

/** A line that was kept aside. */
export interface RejectedLine {
  readonly source: string;
  /** 1-based, blank lines counted. */
  readonly line: number;
  /** Where in the line the fault was seen, 1-based. */
  readonly byte: number;
  readonly reason: string;
  /** The line's bytes, its end excluded; cut where the line is longer than the limit. */
  readonly text: Buffer;
}

export interface EmissionReport {
  /** Lines read, blank ones too. */
  readonly lines: number;
  /** Events committed by this emission. */
  readonly events: number;
  /** Payload bytes of these. */
  readonly bytes: number;
  readonly commits: number;
  /** 0 where nothing was committed. */
  readonly firstSequence: number;
  readonly lastSequence: number;
  /** The head behind the last commit; null where nothing was committed. */
  readonly head: Head | null;
  /** Events earlier than the head, recorded at its time. */
  readonly late: number;
  /** Lines whose id was committed before with the same bytes. */
  readonly duplicates: number;
  readonly rejected: number;
  /** Whether the whole input was read, rather than stopped by an abort. */
  readonly isComplete: boolean;
}

export interface IngestHooks {
  /** After each commit, before the next chunk is read; lines count from `firstLine` of `source`. */
  readonly onCommit?: ((events: CommittedEvents, place: { source: string; firstLine: number }) => void | Promise<void>) | undefined;
  /** Keeps bad lines and goes on. Without it the first one ends the emission. */
  readonly onReject?: ((line: RejectedLine) => void | Promise<void>) | undefined;
  /** After each chunk: bytes of input read so far. */
  readonly onProgress?: ((progress: { inputBytes: number; events: number }) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/** @throws LedgerError BAD_LINE or ID_CONFLICT with the report in `details.report`, and what the ledger throws. */
export async function ingest(
  emitter: Emitter,
  sources: readonly InputSource[],
  producer: ProducerTrack | null,
  lineBytesMax: number,
  hooks: IngestHooks,
): Promise<EmissionReport> {
  const report: Mutable<EmissionReport> = {
    lines: 0,
    events: 0,
    bytes: 0,
    commits: 0,
    firstSequence: 0,
    lastSequence: 0,
    head: null,
    late: 0,
    duplicates: 0,
    rejected: 0,
    isComplete: false,
  };
  let inputBytes = 0;
  try {
    for (const source of sources) {
      const reader = new ChunkReader(source.open(), { chunkBytes: CHUNK_BYTES, lineBytesMax }, hooks.signal);
      try {
        let firstLine = 1;
        let sourceBytes = 0;
        for (let chunk = await reader.next(); chunk !== null; chunk = await reader.next()) {
          const result = await emitter.emit(chunk, { producer });
          add(report, result);
          if (result.events !== null) await hooks.onCommit?.(result.events, { source: source.name, firstLine });
          await settleBadLines(result.badLines, source.name, firstLine, hooks, report);
          producer?.advance(chunk);
          firstLine += result.lineCount;
          sourceBytes = chunk.nextPosition;
          inputBytes += chunk.nextPosition - chunk.position;
          hooks.onProgress?.({ inputBytes, events: report.events });
        }
        producer?.endSource(sourceBytes);
      } finally {
        reader.close();
      }
      if (hooks.signal?.aborted) return report;
    }
    producer?.end();
  } catch (error) {
    // interrupted while it waited: what is done is done, the rest was not read
    if (error instanceof LedgerError && error.code === 'ABORTED') return report;
    throw withReport(error, report);
  }
  report.isComplete = true;
  return report;
}

function add(report: Mutable<EmissionReport>, result: ChunkReport): void {
  report.lines += result.lineCount;
  report.late += result.late;
  report.duplicates += result.duplicates.length;
  if (result.events === null) return;
  const { committed, bytes } = result.events;
  if (report.events === 0) report.firstSequence = committed.firstSequence;
  report.events += committed.count;
  report.bytes += bytes;
  report.commits++;
  report.lastSequence = committed.firstSequence + committed.count - 1;
  report.head = committed.head;
}

async function settleBadLines(
  badLines: readonly BadLine[],
  source: string,
  firstLine: number,
  hooks: IngestHooks,
  report: Mutable<EmissionReport>,
): Promise<void> {
  for (const bad of badLines) {
    const line = firstLine + bad.lineInChunk;
    if (hooks.onReject === undefined) throw badLineError(bad, { source, line }, '');
    report.rejected++;
    await hooks.onReject({ source, line, byte: bad.byte, reason: bad.reason, text: bad.text });
  }
}

/** Whatever ends an emission, what was committed before it is told with it. */
function withReport(error: unknown, report: EmissionReport): unknown {
  if (!(error instanceof LedgerError)) return error;
  return new LedgerError(error.code, {
    message: error.message,
    hint: error.hint,
    details: { ...error.details, report },
    cause: error.cause,
  });
}
