/** Emits whole inputs, source by source and chunk by chunk, and reports the result. */

import { closeAfter } from '../../model/closing.ts';
import type { Codec } from '../../model/content-kind.ts';
import type { Anchor, Head } from '../../model/events/head.ts';
import { LedgerError } from '../../model/ledger-error.ts';
import { unreadableInput } from '../../model/unreadable-input.ts';
import type { LedgerWarning } from '../../model/warning.ts';
import { DraftFactory } from '../draft/draft-factory.ts';
import { type EmissionSettings, isForKernel, isWrapped } from '../draft/settings.ts';
import { BufferPool, type SharedBuffer } from '../input/buffer-pool.ts';
import type { ByteSource } from '../input/byte-source.ts';
import { type Chunk, chunkBytesFor, chunksKeptFor } from '../input/chunk.ts';
import { ChunkReader } from '../input/chunk-reader.ts';
import { cutChunk } from '../input/cut-chunk.ts';
import type { InputSource } from '../input/input-source.ts';
import type { LineReading } from '../input/line-reading.ts';
import { arrayWarning, beginsArrayOfObjects } from '../input/misread-line.ts';
import { openSource } from '../input/open-source.ts';
import { badLineError, type ChunkReport, type CommittedEvents, foreignWarning } from './chunk-report.ts';
import type { Committer, OnCompleted, OnRejects } from './committer.ts';
import { committerFor } from './committer-for.ts';
import type { EmissionParts } from './emission-target.ts';
import type { ProducerProgress } from './producer-progress.ts';
import { retryHint } from './retry-hint.ts';

/** A line that was rejected, passed to `onReject`. */
export interface RejectedLine {
  readonly source: string;
  /** 1-based, blank lines counted. */
  readonly line: number;
  /** Position of the fault in the line, 1-based. */
  readonly byte: number;
  readonly reason: string;
  /** The line's bytes without its line end; truncated if the line is longer than the limit. */
  readonly text: Buffer;
}

/** The result of an emission. */
export interface EmissionReport {
  /** Lines read, blank ones too. */
  readonly lines: number;
  /** Events committed by this emission. */
  readonly events: number;
  /** Payload bytes of these. */
  readonly bytes: number;
  readonly commits: number;
  /** Of the events committed; null if there are none. */
  readonly firstSequence: number | null;
  readonly lastSequence: number | null;
  /** The head after the last commit; null if nothing was committed. */
  readonly head: Head | null;
  /** Events earlier than the head, recorded at its time. */
  readonly late: number;
  /** Lines whose id was committed before with the same bytes. */
  readonly duplicates: number;
  /** Lines that an earlier run of the producer has taken, without blank ones. */
  readonly resumed: number;
  readonly rejected: number;
  /** Whether the whole input was read, rather than stopped by an abort. */
  readonly isComplete: boolean;
}

/** The counts of a report if nothing is stored. */
export const NOTHING_COMMITTED = {
  events: 0,
  bytes: 0,
  commits: 0,
  firstSequence: null,
  lastSequence: null,
  head: null,
} as const;

/** Callbacks during an emission. A promise that a hook returns is awaited; an error that a hook throws ends the emission. */
export interface IngestHooks {
  /** Called after each commit and before the next chunk is read, which costs speed. The chunk's line 0 is line `firstLine` of `source`. */
  readonly onCommit?:
    | ((events: CommittedEvents, place: { source: string; firstLine: number }) => void | Promise<void>)
    | undefined;
  /** Called with each bad line, before the commit that skips it. Without this hook the first bad line ends the emission. */
  readonly onReject?: ((line: RejectedLine) => void | Promise<void>) | undefined;
  /** Called after `onReject` for the lines of a chunk, and before the commit that skips them. When it resolves, the rejected lines must be on disk. */
  readonly syncRejects?: (() => void | Promise<void>) | undefined;
  /** Called after each chunk, with the bytes of input committed or rejected so far. */
  readonly onProgress?: ((progress: { inputBytes: number; events: number }) => void) | undefined;
  /** Called with problems that do not stop the emission: each kind once, some at the start and some while the ledger grows. */
  readonly onWarning?: ((warning: LedgerWarning) => void) | undefined;
  /** Stops after the commit in progress and resolves with `isComplete: false`. */
  readonly signal?: AbortSignal | undefined;
}

/** Room of a shared buffer for the line that a chunk before it has begun. Longer ones are read into other memory. */
const CARRY_BYTES = 1024 * 1024 + 64;

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/** @throws LedgerError BAD_LINE or ID_CONFLICT with the report in `details.report`, and what the ledger throws. */
export async function ingest(
  parts: EmissionParts,
  settings: EmissionSettings,
  sources: readonly InputSource[],
  producer: ProducerProgress | null,
  hooks: IngestHooks,
): Promise<EmissionReport> {
  const ingestion = new Ingestion(parts, settings, producer, hooks);
  const take = async (): Promise<EmissionReport> => {
    try {
      await takeAll(ingestion, sources, producer, hooks.signal);
    } catch (error) {
      // chunks in flight may be committed by now, and the report must count them
      await ingestion.drain();
      throw error;
    }
    return ingestion.report;
  };
  try {
    return await closeAfter(take, () => ingestion.close());
  } catch (error) {
    // interrupted while it waited: earlier commits stay, the rest was not read
    if (error instanceof LedgerError && error.code === 'ABORTED') return ingestion.report;
    throw withReport(error, ingestion.report);
  }
}

async function takeAll(
  ingestion: Ingestion,
  sources: readonly InputSource[],
  producer: ProducerProgress | null,
  signal: AbortSignal | undefined,
): Promise<void> {
  for (const source of sources) {
    await ingestion.take(source);
    if (signal?.aborted) return;
  }
  producer?.end();
  ingestion.report.isComplete = true;
}

/** One emission: cuts its sources into chunks, sends these to the committer and counts the results. */
class Ingestion {
  readonly report: Mutable<EmissionReport> = {
    lines: 0,
    ...NOTHING_COMMITTED,
    late: 0,
    duplicates: 0,
    resumed: 0,
    rejected: 0,
    isComplete: false,
  };
  readonly #committer: Committer;
  readonly #reading: LineReading;
  readonly #lineBytesMax: number;
  readonly #commitBytesMax: number;
  readonly #producer: ProducerProgress | null;
  readonly #hooks: IngestHooks;
  readonly #isShared: boolean;
  #pool: BufferPool | undefined;
  #expectedHead: Anchor | undefined;
  #source = '';
  #bytes: ByteSource | undefined;
  #traced: InputSource['placeOf'];
  /** What to say once the first line of the source is committed. */
  #array: LedgerWarning | null = null;
  readonly #readsObjects: boolean;
  /** Line number of the next chunk to be completed. */
  #firstLine = 1;
  #inputBytes = 0;

  constructor(parts: EmissionParts, settings: EmissionSettings, producer: ProducerProgress | null, hooks: IngestHooks) {
    const drafts = new DraftFactory(parts, settings);
    this.#reading = settings.reading;
    const paths = [...(settings.time === null ? [] : [settings.time]), ...(settings.unique ?? [])];
    this.#readsObjects = !isWrapped(settings) && paths.every(([step]) => typeof step === 'string');
    this.#lineBytesMax = drafts.lineBytesMax;
    this.#commitBytesMax = parts.target.commitBytesMax;
    this.#producer = producer;
    this.#hooks = hooks;
    this.#isShared = isForKernel(settings) && this.#commitBytesMax === Number.POSITIVE_INFINITY;
    this.#expectedHead = settings.expectedHead;
    this.#committer = committerFor({
      target: parts.target,
      drafts,
      onCompleted: this.#complete,
      onRejects: hooks.onReject === undefined ? null : this.#keepRejects,
      progress: producer,
      needsEvents: hooks.onCommit !== undefined,
      awaitsSmall: false,
    });
  }

  async take(source: InputSource): Promise<void> {
    const bytes = opened(source, this.#reading, this.#lineBytesMax);
    const reader = new ChunkReader(
      bytes,
      { chunkBytes: chunkBytesFor(this.#commitBytesMax), lineBytesMax: this.#lineBytesMax },
      { signal: this.#hooks.signal, busy: () => this.#committer.busy(), acquire: this.#acquire },
    );
    this.#source = source.name;
    this.#bytes = bytes;
    this.#traced = source.placeOf;
    this.#firstLine = 1;
    try {
      let sourceBytes = 0;
      const next = (): Promise<Chunk | null> =>
        reader.next().catch((error: unknown) => Promise.reject(inputFailure(source.name, error)));
      for (let chunk = await next(); chunk !== null; chunk = await next()) {
        if (sourceBytes === 0) this.#array = this.#arrayIn(chunk);
        for (const piece of cutChunk(chunk, this.#commitBytesMax)) await this.#send(piece);
        sourceBytes = chunk.nextPosition;
      }
      await this.#committer.drain();
      this.#producer?.endSource(sourceBytes);
    } finally {
      reader.close();
    }
  }

  /** The first commit is made at the expected head; nothing more is sent before. */
  async #send(chunk: Chunk): Promise<void> {
    if (this.#expectedHead === undefined) return this.#committer.send(chunk);
    await this.#committer.send({ ...chunk, expectedHead: this.#expectedHead });
    await this.#committer.drain();
    if (this.report.commits > 0) this.#expectedHead = undefined;
  }

  /** Waits for the chunks in flight after a failure, and counts those that are committed. */
  async drain(): Promise<void> {
    await this.#committer.drain().catch(() => {});
  }

  close(): Promise<void> {
    return this.#committer.close();
  }

  readonly #complete: OnCompleted = async (chunk, report) => {
    // counted before any hook is called: a hook that fails must not make it look as if nothing were stored
    count(this.report, report);
    const { events } = report;
    if (events !== null) await this.#hooks.onCommit?.(events, { source: this.#source, firstLine: this.#firstLine });
    this.#goOn(chunk, report);
    this.#producer?.advance(chunk);
    chunk.shared?.pool.release(chunk.shared);
  };

  /** Where the kernel does all the work, and the ledger binds bodies: one that copies them into messages is slowed by shared memory more than it gains. */
  readonly #acquire = (): SharedBuffer | null => {
    if (!this.#isShared) return null;
    const chunkBytes = chunkBytesFor(this.#commitBytesMax);
    // the rest of a usual line before the chunk
    this.#pool ??= new BufferPool(chunksKeptFor(chunkBytes), chunkBytes + Math.min(this.#lineBytesMax, CARRY_BYTES));
    return this.#pool.acquire();
  };

  get #codec(): Codec | null {
    return this.#bytes?.codec ?? null;
  }

  #placeOf(line: number): { source: string; line: number } {
    return this.#traced?.(line) ?? { source: this.#source, line };
  }

  /** Where the first line of the source is an array of objects in a ledger of objects: it may be meant as many events. */
  #arrayIn({ bytes, start, end }: Chunk): LedgerWarning | null {
    if (!this.#readsObjects || !beginsArrayOfObjects(bytes.subarray(start, end))) return null;
    return arrayWarning({ source: this.#placeOf(1).source, codec: this.#codec });
  }

  /** @throws LedgerError BAD_LINE or ID_CONFLICT for the line that the chunk ended at */
  #goOn(chunk: Chunk, { badLines, lineCount, committed }: ChunkReport): void {
    const [bad] = badLines;
    if (bad !== undefined) throw badLineError(bad, this.#placeOf(this.#firstLine + bad.lineInChunk), this.#codec);
    if (committed !== null && this.#array !== null) this.#hooks.onWarning?.(this.#array);
    this.#array = null;
    this.#firstLine += lineCount;
    this.#inputBytes += chunk.nextPosition - chunk.position;
    this.#hooks.onProgress?.({ inputBytes: this.#inputBytes, events: this.report.events });
  }

  readonly #keepRejects: OnRejects = async (lines, linesBefore) => {
    const { onReject, syncRejects } = this.#hooks;
    for (const bad of lines) {
      const { lineInChunk, byte, reason, text } = bad;
      const place = this.#placeOf(this.#firstLine + linesBefore + lineInChunk);
      const warning = place.line === 1 ? foreignWarning(bad, { source: place.source, codec: this.#codec }) : null;
      if (warning !== null) this.#hooks.onWarning?.(warning);
      await onReject?.({ ...place, byte, reason, text });
      this.report.rejected++;
    }
    await syncRejects?.();
  };
}

function count(report: Mutable<EmissionReport>, chunk: ChunkReport): void {
  const { committed } = chunk;
  report.lines += chunk.lineCount;
  report.late += chunk.late;
  report.duplicates += chunk.duplicates.length;
  report.resumed += chunk.resumed;
  if (committed === null) return;
  if (report.events === 0) report.firstSequence = committed.firstSequence;
  report.events += committed.count;
  report.bytes += chunk.bytes;
  report.commits++;
  report.lastSequence = committed.firstSequence + committed.count - 1;
  report.head = committed.head;
}

/** @throws LedgerError INPUT_UNREADABLE, PERMISSION_DENIED naming the source that cannot be opened */
function opened(source: InputSource, reading: LineReading, lineBytesMax: number): ByteSource {
  try {
    return openSource(source, reading, lineBytesMax);
  } catch (error) {
    throw inputFailure(source.name, error);
  }
}

/** A system error of an input as a LedgerError, so that it carries the report. Errors that a caller's stream throws by itself stay as they are. */
function inputFailure(name: string, error: unknown): unknown {
  const { syscall } = error as NodeJS.ErrnoException;
  if (error instanceof LedgerError || typeof syscall !== 'string') return error;
  return unreadableInput(name, error, 'check the source of the input; the lines read before are committed');
}

/** Adds the report to the error that ended an emission. */
export function withReport(error: unknown, report: EmissionReport): unknown {
  if (!(error instanceof LedgerError)) return error;
  return new LedgerError(error.code, {
    message: error.message,
    hint: retryHint(error),
    details: { ...error.details, report },
    cause: error.cause,
  });
}
