import { stripVTControlCharacters } from 'node:util';
import fc from 'fast-check';
import stringWidth from 'string-width';
import { expect, it } from 'vitest';
import { plotColumns, timelineText } from '../../src/cli/inspect/timeline-text.ts';
import { timeTicks } from '../../src/cli/plate/axis.ts';
import { UTC_CLOCK } from '../../src/cli/terminal/shown-clock.ts';
import type { TimelineDocument } from '../../src/views/timeline-document.ts';

const START = Date.UTC(2026, 3, 12, 6);
const isoAt = (ms: number) => new Date(ms).toISOString();

/** A timeline whose buckets fit the window. */
function timelineOf(
  counts: readonly number[],
  groups: readonly { name: string; share: number }[],
  bucketMs: number,
): TimelineDocument {
  const events = counts.reduce((total, value) => total + value, 0);
  const end = START + counts.length * bucketMs - 1;
  return {
    ...{ at: isoAt(end), path: '/ledger', head: `${events}:ab`, events, from: 1, bucketMs, unreadable: null },
    ...{ firstTime: isoAt(START), lastTime: isoAt(end), partitions: ['p0'] },
    buckets: counts.map((count, at) => ({
      ...{ from: isoAt(START + at * bucketMs), events: count, late: count % 3, partitions: [count] },
    })),
    late: { examined: events, isSample: false, events: 1, worstMs: 5 },
    epochs: [{ epoch: 1, fromSequence: 1, rule: 'hash:tenant', partitions: 8, time: isoAt(START) }],
    groups: groups.map(({ name, share }) => ({
      ...{ name, lag: share === 1 ? 0 : 7, members: 0, parked: 0 },
      oldestTime: share === 1 ? null : isoAt(START + share * counts.length * bucketMs),
    })),
  };
}

it('says where it begins, if earlier events are not at hand', () => {
  const timeline = { ...timelineOf([5, 5, 5], [], 1000), from: 6 };
  const window = { columns: 80, rows: 24, isUnicode: false };
  const lines = timelineText(timeline, window, timeTicks, UTC_CLOCK).split('\n');
  expect(lines[3]).toBe('begins at     sequence 6; the rest is not at hand');
  expect(timelineText(timeline, { ...window, rows: 2 }, timeTicks, UTC_CLOCK)).toContain(' 10 of 15 events, ');
  expect(timelineText({ ...timeline, from: 1 }, window, timeTicks, UTC_CLOCK)).not.toContain('begins');
});

it('is at most eight lines, none wider than the window, and fits a lower one', () => {
  const group = fc.record({
    name: fc.string({ minLength: 1, maxLength: 64 }),
    share: fc.double({ min: 0, max: 1, noNaN: true }),
  });
  fc.assert(
    fc.property(
      fc.record({
        columns: fc.integer({ min: 60, max: 240 }),
        rows: fc.integer({ min: 1, max: 60 }),
        isUnicode: fc.boolean(),
      }),
      fc.array(fc.nat(1_000_000), { minLength: 2, maxLength: 150 }),
      fc.array(group, { maxLength: 10 }),
      fc.constantFrom(1, 1000, 300_000, 86_400_000, 31_449_600_000),
      (window, counts, groups, bucketMs) => {
        const fitting = [1, ...counts].slice(0, plotColumns(window));
        const lines = timelineText(timelineOf(fitting, groups, bucketMs), window, timeTicks, UTC_CLOCK).split('\n');
        expect(lines.length).toBeLessThanOrEqual(Math.min(8, Math.max(1, window.rows - 1)));
        if (lines.length === 1) return;
        for (const line of lines) expect(stringWidth(line), line).toBeLessThanOrEqual(window.columns);
        // the plot of each line begins and ends in the same columns
        const bars = lines.slice(5).map((line) => stripVTControlCharacters(line).slice(14).search(/ {2}/));
        expect(new Set(bars.slice(1)).size).toBeLessThanOrEqual(1);
      },
    ),
  );
});

it('draws twice the steps in two lines, and what is not nothing is never nothing', () => {
  const window = { columns: 60, rows: 40, isUnicode: true };
  const lines = timelineText(timelineOf([1600, 800, 1, 0, 1600], [], 1000), window, timeTicks, UTC_CLOCK).split('\n');
  const stretch = Math.floor(plotColumns(window) / 5);
  const plot = (line = '') => Array.from({ length: 5 }, (_, at) => line.slice(14)[at * stretch]).join('');
  expect(plot(lines[0])).toBe('█   █');
  expect(plot(lines[1])).toBe('██▁ █');
  expect(lines[0]).toContain('peak 1,600');
  expect(lines[1]).toContain('median 800');
});

it('says in a sentence what has no axis', () => {
  const window = { columns: 80, rows: 24, isUnicode: true };
  const timeline = timelineOf([1, 1], [], 1000);
  expect(timelineText({ ...timeline, events: 0 }, window, timeTicks, UTC_CLOCK)).toBe('no events yet');
  expect(timelineText({ ...timeline, bucketMs: null, buckets: [] }, window, timeTicks, UTC_CLOCK)).toBe(
    `2 events, at ${isoAt(START)}`,
  );
  expect(timelineText(timeline, { ...window, rows: 2 }, timeTicks, UTC_CLOCK)).toBe(
    `${'█'.repeat(2 * Math.floor(plotColumns(window) / 2))} 2 events, 06:00:00.000 – 06:00:01.999 UTC, peak 1 events`,
  );
});
