/** A chunk encoder reads a chunk and builds its draft. The reference encoder does it line by line in TypeScript; the kernel encoder is for volume. */

import type { Basis } from '../../model/events/commit.ts';
import type { Router, RouterFactory } from '../../model/routing/router.ts';
import type { Epoch } from '../../model/routing/routing.ts';
import type { Clock } from '../../model/time/clock.ts';
import type { Micros } from '../../model/time/time.ts';
import { planScan, type ScanPlan } from '../../scan/scan-plan.ts';
import { ScannedLines } from '../../scan/scanned-lines.ts';
import type { Chunk } from '../input/chunk.ts';
import { type BuiltDraft, DraftBuilder, type SkippedLines } from './draft-builder.ts';
import { type CheckedLines, LineChecker } from './line-checker.ts';
import { type EmissionSettings, type FieldSlots, fieldSlots, scanLimits } from './settings.ts';

/** A chunk that is scanned and checked; valid until the encoder reads the next one. */
export interface ReadChunk {
  readonly lines: ScannedLines;
  readonly checked: CheckedLines;
}

export interface ChunkEncoder {
  read(chunk: Chunk): ReadChunk;
  build(chunk: Chunk, read: ReadChunk, skipped: SkippedLines, basis: Basis, now: Micros): BuiltDraft;
}

/** The parts that the encoders of one epoch share. */
export interface EncoderParts {
  readonly settings: EmissionSettings;
  readonly epoch: Epoch;
  readonly router: Router;
  readonly plan: ScanPlan;
  readonly slots: FieldSlots;
  readonly check: LineChecker;
}

export function encoderParts(
  makeRouter: RouterFactory,
  clock: Clock,
  settings: EmissionSettings,
  basis: Basis,
): EncoderParts {
  const router: Router = makeRouter(basis, settings.override);
  if (basis.sessions?.hasPins === false) router.sessions?.assumeNone();
  const slots = fieldSlots(settings, router.fields);
  const plan = planScan(slots.paths, scanLimits(settings));
  return { settings, epoch: basis.epoch, router, plan, slots, check: new LineChecker(settings, slots, router, clock) };
}

/** Scans the lines in `bytes[start, end)`, which ends in a line feed, into the tables of `lines`. */
export interface LineScanner {
  scan(bytes: Buffer, start: number, end: number, lines: ScannedLines): void;
}

export class ReferenceEncoder implements ChunkEncoder {
  readonly #scanner: LineScanner;
  readonly #checker: LineChecker;
  readonly #lines: ScannedLines;
  readonly #builder: DraftBuilder;

  constructor(parts: EncoderParts, scanner: LineScanner) {
    this.#scanner = scanner;
    this.#checker = parts.check;
    this.#lines = new ScannedLines(parts.plan.slotCount);
    this.#builder = new DraftBuilder(parts.settings, parts.router);
  }

  read(chunk: Chunk): ReadChunk {
    this.#scanner.scan(chunk.bytes, chunk.start, chunk.end, this.#lines);
    return { lines: this.#lines, checked: this.#checker.check(chunk, this.#lines) };
  }

  build(chunk: Chunk, { checked }: ReadChunk, skipped: SkippedLines, basis: Basis, now: Micros): BuiltDraft {
    return this.#builder.build(chunk, checked, skipped, basis, now);
  }
}
