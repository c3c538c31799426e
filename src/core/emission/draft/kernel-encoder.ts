/** The kernel encoder scans, checks and frames a chunk inside the kernel. What the kernel cannot decide, such as most routings, goes to the reference. */

import type { Basis } from '../../model/events/commit.ts';
import type { PartitionId } from '../../model/routing/partition.ts';
import { NO_PIN_CHANGES } from '../../model/routing/session-pins.ts';
import type { Micros } from '../../model/time/time.ts';
import { KernelScanner, UNDECIDED } from '../../scan/kernel-scanner.ts';
import { LineFault } from '../../scan/line-fault.ts';
import { ScannedLines } from '../../scan/scanned-lines.ts';
import type { Chunk } from '../input/chunk.ts';
import { type ChunkEncoder, type EncoderParts, type ReadChunk, ReferenceEncoder } from './chunk-encoder.ts';
import { type BuiltDraft, DraftBuilder, type SkippedLines } from './draft-builder.ts';
import { type HashedPart, Kernel } from './kernel.ts';
import { KernelSessions } from './kernel-sessions.ts';
import type { CheckedLines, LineChecker } from './line-checker.ts';
import { isForKernel } from './settings.ts';

/** The encoder for large chunks. Where the kernel can, it does all but some routings; otherwise the kernel scans and the reference checks. */
export function kernelEncoder(parts: EncoderParts): ChunkEncoder {
  const { settings } = parts;
  return isForKernel(settings) ? new KernelEncoder(parts) : new ReferenceEncoder(parts, new KernelScanner(parts.plan));
}

/** The part of a line that the kernel can hash to find its partition. */
function hashedPart({ epoch: { spec, placedFrom }, router }: EncoderParts): HashedPart {
  if (spec.rule !== 'hash' || spec.missing !== null || placedFrom !== null || router.everyLineTo !== null)
    return 'nothing';
  return spec.field === null ? 'payload' : 0;
}

class KernelEncoder implements ChunkEncoder {
  readonly #parts: EncoderParts;
  readonly #hashed: HashedPart;
  /** For chunks in shared buffers, all of one pool, and for others. */
  #sharedKernel: Kernel | undefined;
  #ownKernel: Kernel | undefined;
  /** The one that has scanned the last chunk. */
  #kernel: Kernel | undefined;
  /** The router's store, unless that has forgotten its sessions since. */
  #sessions: KernelSessions | undefined;
  readonly #checker: LineChecker;
  readonly #lines: ScannedLines;
  readonly #reference: DraftBuilder;
  /** Whether the kernel's numbers of partitions are their ids. */
  readonly #isInOrder: boolean;

  constructor(parts: EncoderParts) {
    this.#parts = parts;
    this.#hashed = hashedPart(parts);
    this.#isInOrder = parts.epoch.partitionIds.every((id, number) => id === number);
    this.#checker = parts.check;
    this.#lines = new ScannedLines(parts.plan.slotCount);
    this.#reference = new DraftBuilder(parts.settings, parts.router);
  }

  read(chunk: Chunk): ReadChunk {
    const { slots, epoch } = this.#parts;
    const lines = this.#lines;
    const kernel = this.#scan(chunk, lines);
    this.#kernel = kernel;
    const undecided = kernel.check(lines, {
      hashed: this.#hashed,
      timeSlot: slots.time,
      partitionCount: epoch.partitionIds.length,
      latest: this.#checker.latestTime(),
    });
    const { count, faults, starts, ends } = lines;
    const checked: CheckedLines = {
      count,
      faults: faults.subarray(0, count),
      starts,
      ends,
      ids: [],
      sessions: this.#checker.noSessions(count),
      ...kernel.checked(count),
    };
    if (chunk.times !== undefined) checked.times.set(chunk.times);
    this.#route(chunk, lines, checked);
    if (undecided > 0) this.#checker.recheck(chunk, lines, checked, UNDECIDED);
    // the kernel knows no zones
    if (this.#parts.settings.zone !== null) this.#checker.recheck(chunk, lines, checked, LineFault.TIME_NO_ZONE);
    return { lines, checked };
  }

  /** Returns the kernel that has scanned it. */
  #scan(chunk: Chunk, lines: ScannedLines): Kernel {
    const { plan } = this.#parts;
    const { shared } = chunk;
    if (shared !== undefined) {
      this.#sharedKernel ??= new Kernel(plan, shared.pool);
      if (this.#sharedKernel.scanInPlace(chunk, shared, lines)) return this.#sharedKernel;
      shared.pool.retire();
    }
    this.#ownKernel ??= new Kernel(plan, null);
    this.#ownKernel.scan(chunk, lines);
    return this.#ownKernel;
  }

  /** Routes lines that the kernel did not route, and translates its partition numbers to ids. */
  #route(chunk: Chunk, lines: ScannedLines, checked: CheckedLines): void {
    const { router, epoch } = this.#parts;
    if (router.everyLineTo !== null) checked.partitions.fill(router.everyLineTo);
    else if (checked.sessions !== null && this.#findSessions(lines, checked.sessions)) return;
    else if (this.#hashed === 'nothing') this.#checker.route(chunk, lines, checked);
    else if (!this.#isInOrder) numbersToIds(checked.partitions, epoch.partitionIds);
  }

  /** Finds the sessions of lines whose key the kernel can read. Returns whether these are all lines: nearly always. */
  #findSessions(lines: ScannedLines, numbers: Int32Array): boolean {
    const { sessions } = this.#parts.router;
    if (sessions === null || this.#kernel === undefined || !sessions.isByKeyAlone) return false;
    if (sessions.store !== this.#sessions || this.#sessions === undefined)
      sessions.keepIn((idle) => {
        this.#sessions = new KernelSessions(idle);
        return this.#sessions;
      });
    const keys = this.#kernel.keys(lines);
    this.#sessions?.numberLines(keys, numbers);
    return keys.found === lines.count;
  }

  build(chunk: Chunk, { checked }: ReadChunk, skipped: SkippedLines, basis: Basis, now: Micros): BuiltDraft {
    if (this.#kernel === undefined || skipped.hasFaults || skipped.done.includes(1))
      return this.#reference.build(chunk, checked, skipped, basis, now);
    const { count, faults } = checked;
    const firstBad = this.#kernel.firstFault(count);
    const stoppedAt = firstBad >= 0 && this.#parts.settings.onBadLine === 'stop' ? firstBad : null;
    const limit = stoppedAt ?? count;
    const { slots, router } = this.#parts;
    const { sessions } = checked;
    if (router.sessions !== null && sessions !== null) {
      router.sessions.begin(basis.sessions?.loads ?? [], basis.sessions?.head);
      // with the times that the kernel gives the lines: both compute them by the same rule
      router.sessions.assignLines({ ...checked, sessions }, limit, basis.floor, now);
    }
    const framed = this.#kernel.frame(limit, basis.partitionNames.length, basis.floor, now);
    // only the reference can name the line that is late
    if (framed.late > 0 && this.#parts.settings.late === 'reject')
      return this.#reference.build(chunk, checked, skipped, basis, now);
    return {
      draft: {
        epoch: basis.epoch.epoch,
        count: framed.count,
        firstTime: framed.firstTime,
        lastTime: framed.lastTime,
        hasArrivalTime: slots.time === null && chunk.times === undefined,
        isLateRefused: this.#parts.settings.late === 'reject',
        frames:
          router.givenKey === null ? framed.frames : framed.frames.map((frame) => ({ ...frame, key: router.givenKey })),
        committedAt: now,
        isClockTrusted: this.#parts.settings.isClockTrusted,
        ids: [],
        pins: router.sessions?.changes() ?? NO_PIN_CHANGES,
        sentTo: router.sentTo,
      },
      lines: () => rowsWithoutFault(faults, limit, framed.count),
      times: framed.times,
      bytes: framed.payloadBytes,
      late: framed.late,
      repeats: [],
      badLines: badLinesOf(faults, firstBad, stoppedAt),
      stoppedAt,
    };
  }
}

/** Rows with a fault hold no valid number, so they may get any id. */
function numbersToIds(partitions: Uint16Array, ids: readonly PartitionId[]): void {
  const table = Uint16Array.from(ids);
  for (let row = 0; row < partitions.length; row++) partitions[row] = table[partitions[row] as number] ?? 0;
}

function rowsWithoutFault(faults: Uint8Array, limit: number, count: number): Uint32Array {
  const rows = new Uint32Array(count);
  let next = 0;
  for (let row = 0; row < limit; row++) if (faults[row] === LineFault.NONE) rows[next++] = row;
  return rows;
}

function badLinesOf(faults: Uint8Array, firstBad: number, stoppedAt: number | null): BuiltDraft['badLines'] {
  if (firstBad < 0) return [];
  const end = stoppedAt === null ? faults.length : stoppedAt + 1;
  const bad: { line: number; fault: LineFault }[] = [];
  for (let line = firstBad; line < end; line++) {
    const fault = faults[line] as LineFault;
    if (fault !== LineFault.NONE) bad.push({ line, fault });
  }
  return bad;
}
