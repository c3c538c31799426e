/**
 * Makes drafts of chunks: keeps the encoders of one epoch and the sessions its router has met.
 * It builds a draft once, on the basis it is given; when to build it again is the committer's decision.
 */

import type { Basis } from '../../model/events/commit.ts';
import type { RouterFactory } from '../../model/routing/router.ts';
import type { Pin } from '../../model/routing/session-pins.ts';
import type { SessionRouter } from '../../model/routing/session-router.ts';
import type { Clock } from '../../model/time/clock.ts';
import { Scanner } from '../../scan/scanner.ts';
import type { Chunk } from '../input/chunk.ts';
import { type BadLine, describeBadLine } from './bad-line.ts';
import {
  type ChunkEncoder,
  type EncoderParts,
  encoderParts,
  type ReadChunk,
  ReferenceEncoder,
} from './chunk-encoder.ts';
import type { BadLineAt, BuiltDraft, SkippedLines } from './draft-builder.ts';
import { type EmissionSettings, scanLimits } from './settings.ts';

export interface DraftFactoryParts {
  readonly target: {
    /** The pins of these sessions; sessions without one are omitted. */
    pinsOf(sessions: readonly string[]): Promise<readonly Pin[]>;
  };
  readonly makeRouter: RouterFactory;
  readonly clock: Clock;
}

/** A chunk that was read, with the encoder that read it; valid until the factory reads another chunk. */
export interface EncodedChunk extends ReadChunk {
  readonly chunk: Chunk;
  readonly encoder: ChunkEncoder;
}

/** Below this the kernel costs more than it saves: it has to be loaded and compiled first. */
const KERNEL_FROM_BYTES = 16 * 1024;

/** Sessions that take more memory are forgotten and looked up again: a quarter of a million of them, with keys of a usual length. */
const SESSION_BYTES_MAX = 20 * 1024 * 1024;

/** The encoders of one epoch. */
interface EpochEncoders {
  readonly parts: EncoderParts;
  readonly small: ChunkEncoder;
  large: ChunkEncoder | undefined;
}

export class DraftFactory {
  readonly settings: EmissionSettings;
  readonly #parts: DraftFactoryParts;
  #encoders: EpochEncoders | undefined;
  #lastRead: EncodedChunk | undefined;

  constructor(parts: DraftFactoryParts, settings: EmissionSettings) {
    this.#parts = parts;
    this.settings = settings;
  }

  /** Longest line of input in bytes, which may be more than a payload. */
  get lineBytesMax(): number {
    return scanLimits(this.settings).lineBytesMax;
  }

  /**
   * Whether a draft may be built before the ledger has answered the one before it. Not if only the ledger can decide (unique ids), and not if a line may be
   * handed over as late because of a draft that is not committed yet.
   */
  get mayOverlap(): boolean {
    const { unique, late, onBadLine } = this.settings;
    return unique === null && (onBadLine === 'stop' || (onBadLine === 'collect' && late === 'record'));
  }

  /** Reads a chunk by the rules of the basis' epoch, and looks up the pins of the sessions in it that were not met before. */
  async read(chunk: Chunk, basis: Basis): Promise<EncodedChunk> {
    const encoder = await this.#encoderFor(chunk, basis);
    // a conflict within one epoch changes what is built, not what was read
    if (this.#lastRead?.chunk === chunk && this.#lastRead.encoder === encoder) return this.#lastRead;
    const { lines, checked } = encoder.read(chunk);
    const read = { chunk, encoder, lines, checked };
    this.#lastRead = read;
    const sessions = this.#sessions;
    const unasked = sessions?.takeUnasked() ?? [];
    if (unasked.length > 0) sessions?.learn(await this.#parts.target.pinsOf(unasked));
    return read;
  }

  /** Drops the chunk read last, so that the memory of a completed chunk is not kept. */
  releaseRead(): void {
    this.#lastRead = undefined;
  }

  build(read: EncodedChunk, skipped: SkippedLines, basis: Basis): BuiltDraft {
    return read.encoder.build(read.chunk, read, skipped, basis, this.#parts.clock.nowMicros());
  }

  /** Bad lines with their reasons; `read` must still be valid. */
  badLines({ chunk, lines }: EncodedChunk, bad: readonly BadLineAt[], { epoch }: Basis): BadLine[] {
    return bad.map((each) => describeBadLine(chunk, lines, each, this.settings, epoch.spec));
  }

  /** Takes the pins that the ledger named in a conflict. */
  learnPins(pins: readonly Pin[]): void {
    this.#sessions?.learn(pins);
  }

  /** Assumes that the draft built last, of this number of events, is committed. Returns a function that undoes this; several are undone in reverse order. */
  assumePins(events: number): () => void {
    return this.#sessions?.confirm(events) ?? (() => {});
  }

  get hasTooManySessions(): boolean {
    return (this.#sessions?.bytes ?? 0) > SESSION_BYTES_MAX;
  }

  /** Not while a draft is in flight. */
  forgetSessions(): void {
    this.releaseRead();
    this.#sessions?.forget();
  }

  get #sessions(): SessionRouter | null {
    return this.#encoders?.parts.router.sessions ?? null;
  }

  /** The encoder for a chunk of this size in this epoch. */
  async #encoderFor(chunk: Chunk, basis: Basis): Promise<ChunkEncoder> {
    if (this.#encoders?.parts.epoch.epoch !== basis.epoch.epoch) {
      const parts = encoderParts(this.#parts.makeRouter, this.#parts.clock, this.settings, basis);
      this.#encoders = { parts, small: new ReferenceEncoder(parts, new Scanner(parts.plan)), large: undefined };
    }
    const encoders = this.#encoders;
    if (chunk.end - chunk.start < KERNEL_FROM_BYTES || !encoders.parts.plan.isForKernel) return encoders.small;
    if (encoders.large === undefined) {
      const { kernelEncoder } = await import('./kernel-encoder.ts');
      encoders.large = kernelEncoder(encoders.parts);
    }
    return encoders.large;
  }
}
