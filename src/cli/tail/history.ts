/** `tail` without a group: prints the last events, and follows new ones. */

import type { Completengine, Sink, StreamReport, TailOptions, TailProgress } from '../../index.ts';
import { millisOf } from '../app/durations.ts';
import type { Interrupt } from '../app/interrupt.ts';
import { readWholeNumber } from '../app/whole-number.ts';
import type { RangeArguments } from '../range/arguments.ts';
import { nothingFound, outsideText, pastEndText } from '../range/nothing-found.ts';
import { rangeOptions } from '../range/range-flags.ts';
import { missingFieldsText } from '../terminal/missing-fields-text.ts';
import { outputText, resumableOutput, standardOutput } from '../terminal/output.ts';
import { outputSync } from '../terminal/output-sync.ts';
import { watchReader } from '../terminal/reader-gone.ts';
import { shownClock } from '../terminal/shown-clock.ts';
import { TailCursor } from './cursor.ts';
import type { TailFlags } from './flags.ts';
import { beyondHead } from './start.ts';

export async function tailHistory(
  engine: Completengine,
  interrupt: Interrupt,
  given: RangeArguments,
  flags: TailFlags,
): Promise<void> {
  const asked = toOptions(flags, given);
  const note = (line: string | null): void => {
    if (line !== null && !flags.quiet) process.stderr.write(`${line}\n`);
  };
  const cursor =
    flags['cursor-file'] === undefined
      ? null
      : new TailCursor(flags['cursor-file'], { ledger: engine.identity.uuid, output: outputText(flags) }, outputSync());
  const head = (await engine.head()).sequence;
  cursor?.checkReached(head);
  const options = cursor?.resume(asked) ?? asked;
  const isFollowing = options.follow === true || options.idleMs !== undefined;
  if (beyondHead(options.fromSequence, head))
    note(
      `there is no sequence ${options.fromSequence} yet: the head is at ${head}${isFollowing ? '; waiting for it' : ''}`,
    );
  const past = isFollowing && cursor === null ? await pastEndText(engine, flags) : null;
  note(past === null ? null : `${past}: following from sequence ${head + 1} on`);
  const output =
    cursor === null
      ? await standardOutput(flags, interrupt.signal)
      : await resumableOutput(flags, interrupt.signal, cursor.isBegun);
  // there may be a long time between two events, or many that the filter drops
  const mayPause = isFollowing || options.key !== undefined || options.where !== undefined;
  const reader = mayPause ? watchReader(() => interrupt.abort()) : null;
  // the runs with a cursor file write one document, and none of them is known to be the last
  const sink: Sink =
    cursor === null
      ? output
      : {
          deliver: (page, labels) => output.deliver(page, labels),
          get missing() {
            return output.missing;
          },
        };
  try {
    const onProgress =
      cursor === null ? undefined : (progress: TailProgress) => cursor.advance(progress, output.isBegun);
    const report = await engine.tail({ ...options, onProgress, signal: interrupt.signal }).deliver(sink);
    if (!interrupt.signal.aborted)
      note(
        isFollowing
          ? missingFieldsText(report)
          : await outcomeText(engine, report, { hasCursor: cursor !== null, flags, given }),
      );
  } finally {
    reader?.close();
    cursor?.save();
  }
}

/** What the output does not say: that a range has nothing, and why. Null if there is nothing to say. */
async function outcomeText(
  engine: Completengine,
  report: StreamReport,
  {
    hasCursor,
    flags,
    given: { range, partitions },
  }: { readonly hasCursor: boolean; readonly flags: TailFlags; readonly given: RangeArguments },
): Promise<string | null> {
  const { from, through, until, key, where, number } = flags;
  const missing = missingFieldsText(report);
  if (missing !== null || report.events > 0 || !report.isComplete || from === 'end' || number === '0') return missing;
  const isFiltered = key !== undefined || where !== undefined;
  const bounds = [range, from, through, until, flags['through-sequence']];
  // nobody asked for a place that could be empty, and a poller asks for the next sequence
  if (isFiltered ? flags['from-sequence'] !== undefined : bounds.every((bound) => bound === undefined)) return null;
  if (hasCursor) return isFiltered ? null : 'no events after the position in the cursor file';
  const outside = await outsideText(engine, report.range, await shownClock(flags.tz));
  return nothingFound(isFiltered ? { partitions, key, where } : {}, outside);
}

function toOptions(flags: TailFlags, { range, partitions }: RangeArguments): TailOptions {
  return {
    ...rangeOptions(flags, range),
    partitions,
    last: flags.number === undefined ? undefined : lastCount(flags.number),
    key: flags.key,
    where: flags.where,
    follow: flags.follow,
    idleMs: flags.idle === undefined ? undefined : millisOf(flags.idle),
  };
}

function lastCount(text: string): number {
  if (text === 'all') return Number.MAX_SAFE_INTEGER;
  return readWholeNumber(text, { noun: 'a number of events', hint: 'use -n 100, or -n all' });
}
