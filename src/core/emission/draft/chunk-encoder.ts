/** A press makes drafts of chunks. The reference press does it in plain TypeScript, line by line; the kernel press for volume. */

import type { Basis } from '../../model/events/commit.ts';
import type { Router, RouterFactory } from '../../model/routing/router.ts';
import type { Epoch } from '../../model/routing/routing.ts';
import type { Clock } from '../../model/time/clock.ts';
import type { Micros } from '../../model/time/time.ts';
import { planScan, type ScanPlan } from '../../scan/scan-plan.ts';
import { ScannedLines } from '../../scan/scanned-lines.ts';
import type { Chunk } from '../input/chunk.ts';
import { type BuiltDraft, DraftBuilder, type Exclusions } from './draft-builder.ts';
import { Judge, type Verdicts } from './line-checker.ts';
import { type EmissionSettings, type FieldSlots, fieldSlots, scanLimits } from './settings.ts';

/** A chunk that is scanned and judged; valid until the press reads the next one. */
export interface ReadChunk {
  readonly lines: ScannedLines;
  readonly verdicts: Verdicts;
}

export interface Press {
  read(chunk: Chunk): ReadChunk;
  build(chunk: Chunk, read: ReadChunk, exclusions: Exclusions, basis: Basis, now: Micros): BuiltDraft;
}

/** What every press of one epoch is made from. */
export interface PressParts {
  readonly settings: EmissionSettings;
  readonly epoch: Epoch;
  readonly router: Router;
  readonly plan: ScanPlan;
  readonly slots: FieldSlots;
  readonly judge: Judge;
}

export function pressParts(
  makeRouter: RouterFactory,
  clock: Clock,
  settings: EmissionSettings,
  basis: Basis,
): PressParts {
  const router: Router = makeRouter(basis, settings.given);
  if (basis.sessions?.hasPins === false) router.sessions?.assumeNone();
  const slots = fieldSlots(settings, router.fields);
  const plan = planScan(slots.paths, scanLimits(settings));
  return { settings, epoch: basis.epoch, router, plan, slots, judge: new Judge(settings, slots, router, clock) };
}

/** Fills the tables of `lines` from the lines in `bytes[start, end)`, which ends in a line feed. */
export interface LineScanner {
  scan(bytes: Buffer, start: number, end: number, lines: ScannedLines): void;
}

export class ReferencePress implements Press {
  readonly #scanner: LineScanner;
  readonly #judge: Judge;
  readonly #lines: ScannedLines;
  readonly #builder: DraftBuilder;

  constructor(parts: PressParts, scanner: LineScanner) {
    this.#scanner = scanner;
    this.#judge = parts.judge;
    this.#lines = new ScannedLines(parts.plan.slotCount);
    this.#builder = new DraftBuilder(parts.settings, parts.router);
  }

  read(chunk: Chunk): ReadChunk {
    this.#scanner.scan(chunk.bytes, chunk.start, chunk.end, this.#lines);
    return { lines: this.#lines, verdicts: this.#judge.judge(chunk, this.#lines) };
  }

  build(chunk: Chunk, { verdicts }: ReadChunk, exclusions: Exclusions, basis: Basis, now: Micros): BuiltDraft {
    return this.#builder.build(chunk, verdicts, exclusions, basis, now);
  }
}
