/** Finds the newest pin of each session in many runs, in the kernel: a run has thousands, and JavaScript took 0.2 us for each. No SQL. */

import { align, KernelMemory } from '../../../kernel/load.ts';
import { ROW_BYTES, type SessionTables, SLOT_BYTES, SPARE_BYTES } from '../../../kernel/session-layout.ts';
import { damagedRun, type PinRun } from './pin-run.ts';

interface RunExports extends SessionTables {
  countPins(at: number, end: number, hasTimes: number): number;
  readRun(at: number, end: number, hasTimes: number, fromTime: number, number: number, sessionsMax: number): number;
  writeRun(at: number, hasTimes: number, fromTime: number, number: number): number;
}

export interface NumberedRun {
  /** First sequence of the last commit that has pins in it. */
  readonly last: number;
  readonly epoch: number;
  readonly run: PinRun;
}

/**
 * Pins for each session from which on the newest ones are worth a run of their own. It is written again with the next ones, and where most of it are other
 * sessions it would be written too often. A row of a table, which takes ten times as long, is written once.
 */
const PINS_MIN = 2;

/** As in `kernel/runs.ts`. */
const NO_ROOM = -2;
/** Of a pin that is written, without its key: its length, its partition, and its time. */
const PIN_BYTES_MAX = 5 + 3 + 8;

/**
 * The newest pins of these runs, the oldest of which comes first: one run for each epoch. Null where there are fewer than two pins for each session.
 * @throws LedgerError VERIFICATION_FAILED
 */
export function newestPins(runs: readonly NumberedRun[]): NumberedRun[] | null {
  const memory = new KernelMemory<RunExports>();
  const kernel = memory.exports;
  const bytes = runs.reduce((sum, { run }) => sum + run.pins.length, 0);
  const longest = runs.reduce((most, { run }) => Math.max(most, run.pins.length), 0);
  const inputAt = memory.start;
  memory.reserve(inputAt + longest + SPARE_BYTES);
  const put = ({ pins }: PinRun): number => {
    new Uint8Array(memory.buffer, inputAt, pins.length).set(pins);
    return inputAt + pins.length;
  };
  let count = 0;
  for (const { run } of runs) {
    const pins = kernel.countPins(inputAt, put(run), hasTimes(run));
    if (pins < 0) throw damagedRun();
    count += pins;
  }
  const sessionsMax = Math.floor(count / PINS_MIN);
  if (sessionsMax === 0) return null;
  // where half of the pins are of different sessions, two thirds of the slots are taken at most
  const slotCount = 2 ** Math.ceil(Math.log2((sessionsMax * 3) / 2));
  const slotsAt = align(inputAt + longest + SPARE_BYTES);
  const rowsAt = slotsAt + slotCount * SLOT_BYTES;
  // with one too many, which is noticed then
  const keysAt = rowsAt + (sessionsMax + 1) * ROW_BYTES;
  const outputAt = align(keysAt + bytes + SPARE_BYTES);
  memory.reserve(outputAt);
  kernel.laySessions(inputAt, inputAt, slotsAt, slotCount, rowsAt, keysAt);
  const epochs = new Map<number, { number: number; last: number; fromTime: number | null }>();
  for (const { last, epoch, run } of runs) {
    const known = epochs.get(epoch) ?? { number: epochs.size, last, fromTime: run.fromTime };
    if ((known.fromTime === null) !== (run.fromTime === null)) throw damagedRun();
    const fromTime = run.fromTime === null ? null : Math.min(run.fromTime, known.fromTime ?? run.fromTime);
    epochs.set(epoch, { number: known.number, last, fromTime });
    const read = kernel.readRun(inputAt, put(run), hasTimes(run), run.fromTime ?? 0, known.number, sessionsMax);
    if (read === NO_ROOM) return null;
    if (read < 0) throw damagedRun();
  }
  memory.reserve(outputAt + kernel.sessionKeyBytes() + kernel.sessionsKnown() * PIN_BYTES_MAX);
  return [...epochs]
    .map(([epoch, { number, last, fromTime }]) => {
      const end = kernel.writeRun(outputAt, fromTime === null ? 0 : 1, fromTime ?? 0, number);
      return { last, epoch, run: { fromTime, pins: Buffer.from(new Uint8Array(memory.buffer.slice(outputAt, end))) } };
    })
    .filter(({ run }) => run.pins.length > 0);
}

function hasTimes({ fromTime }: PinRun): number {
  return fromTime === null ? 0 : 1;
}
