/** Tests the live page in windows of every size. */

import * as fc from 'fast-check';
import stringWidth from 'string-width';
import { describe, expect, it } from 'vitest';
import { UTC_CLOCK } from '../../../src/cli/terminal/shown-clock.ts';
import { shareRows } from '../../../src/cli/watch/fit.ts';
import { renderPage, type Window } from '../../../src/cli/watch/page.ts';
import { sampleDocument } from '../../../src/views/ledger-document.ts';
import { RateMeter } from '../../../src/views/rates.ts';
import type { Sample } from '../../../src/views/sample.ts';
import { groupOf, START, sampleOf } from '../../support/watch-samples.ts';

const HINT = 'q quit, refresh 1s';

/** The page at the second sample. */
function pageOf(
  sample: Sample,
  window: Window,
  before: Sample = { ...sample, atMs: sample.atMs - 1000 },
): Promise<string[]> {
  const meter = new RateMeter();
  meter.take(before);
  return renderPage(sampleDocument(sample, meter.take(sample)), window, HINT, UTC_CLOCK);
}

const alive = (name: string) => ({ name, expiresAt: START + 20_000_000, isAlive: true });

function busySample(partitions: number, groups: number): Sample {
  const events = Array.from({ length: partitions }, (_, id) => 1000 + id * 37);
  return sampleOf({
    atMs: 10_000,
    events,
    growth: { commits: 3, bytes: 12_345 },
    groups: Array.from({ length: groups }, (_, at) =>
      groupOf(
        `group-${at}`,
        events.map(() => 900),
        events.map((count) => count - 900),
        [alive('one'), { ...alive('two'), isAlive: false }],
      ),
    ),
  });
}

describe('a page', () => {
  it('has every section, with its figures', async () => {
    const before = sampleOf({
      atMs: 0,
      events: [100, 300],
      groups: [groupOf('mailer', [50, 300], [50, 0], [alive('one')])],
    });
    const sample = sampleOf({
      atMs: 1000,
      events: [200, 600],
      growth: { commits: 40, bytes: 52_000 },
      groups: [groupOf('mailer', [180, 600], [20, 0], [alive('one')])],
      producers: [
        { name: 'shipper', position: 99 },
        { name: 'replay-of-fedcba98-7654-4321-8abc-0123456789ab', position: 1500 },
      ],
    });
    const text = (await pageOf(sample, { columns: 120, rows: 40 }, before)).join('\n');
    expect(text).toMatch(
      /^ledger +\/var\/lib\/events\.codex +01234567 +1\.23 MB \+ 4\.00 MB WAL +2026-04-12T09:00:01Z$/m,
    );
    expect(text).toMatch(/^head +800:(ab){32}$/m);
    expect(text).toMatch(/^emission .* events\/s +stored\/s +commits\/s$/m);
    expect(text).toMatch(/^ {2}1s .* 400 +52\.0 kB +40$/m);
    expect(text).toMatch(/^router +hash:tenant over 2 partitions, epoch 1 +events +share +events\/s$/m);
    expect(text).toMatch(/^ {2}p0 +█{20} +200 +25\.0 % +100$/m);
    expect(text).toMatch(/^ {2}p1 +█{60} +600 +75\.0 % +300$/m);
    expect(text).toMatch(/^bus +last commit 1s ago; 4\.00 MB WAL, 1\.00 MB not yet checkpointed$/m);
    expect(text).toMatch(/^scheduler +1 group, 1 member +lag +lag\/s +read\/s +ETA +oldest +assigned +parked$/m);
    expect(text).toMatch(/^ {2}mailer +█+[▏▎▍▌▋▊▉]? +20 +-30 +430 +– +1s +2\/2 by 1 +0$/m);
    expect(text).toMatch(/^ +one: p0 p1, lease ends in 19s$/m);
    expect(text).toMatch(/^replay +sequences 1-800, 2026-04-12T09:00:00Z to 2026-04-12T09:00:00Z, strict by default$/m);
    expect(text).toMatch(/^ +copy of ledger fedcba98 through its sequence 1500$/m);
    expect(text).toMatch(/^q quit, refresh 1s$/m);
  });

  it('names the event that a live member does not acknowledge', async () => {
    const at = (atMs: number, expired = false) =>
      sampleOf({
        atMs,
        events: [100, 300],
        groups: [groupOf('mailer', [50, 300], [50, 0], [{ ...alive('one'), isAlive: !expired }])],
      });
    const pageAfter = async (ms: number, expired = false) =>
      (await pageOf(at(ms, expired), { columns: 120, rows: 40 }, at(0, expired))).join('\n');
    expect(await pageAfter(75_000)).toMatch(/^ +p0\/50 \(sequence \d+\): not acknowledged by one for 1m 15s$/m);
    expect(await pageAfter(9000)).not.toContain('not acknowledged');
    expect(await pageAfter(75_000, true)).not.toContain('not acknowledged');
  });

  it('shows the ETA of a group, or never', async () => {
    const before = sampleOf({
      atMs: 0,
      events: [10_000],
      groups: [groupOf('fast', [1000], [9000]), groupOf('slow', [1000], [9000])],
    });
    const sample = sampleOf({
      atMs: 1000,
      events: [10_200],
      groups: [groupOf('fast', [1350], [8850]), groupOf('slow', [1100], [9100])],
    });
    const text = (await pageOf(sample, { columns: 100, rows: 30 }, before)).join('\n');
    expect(text).toMatch(/^ {2}fast .* 8,850 +-150 +350 +59s /m);
    expect(text).toMatch(/^ {2}slow .* 9,100 +\+100 +100 +never /m);
  });

  it('shows no figures for a new ledger', async () => {
    const sample = sampleOf({ atMs: 0, events: [0, 0] });
    const document = sampleDocument(sample, new RateMeter().take(sample));
    const text = (await renderPage(document, { columns: 80, rows: 24 }, HINT, UTC_CLOCK)).join('\n');
    expect(text).toMatch(/^bus +no commit yet$/m);
    expect(text).toMatch(/^scheduler +no groups yet$/m);
    expect(text).toMatch(/^replay +no events yet$/m);
    expect(text).toMatch(/^ {2}p0 +0 +–$/m);
    expect(text).not.toMatch(/NaN|Infinity|undefined|null/);
  });

  it('is never wider or longer than its window', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 200 }),
        fc.integer({ min: 1, max: 60 }),
        fc.integer({ min: 1, max: 256 }),
        fc.nat(12),
        async (columns, rows, partitions, groups) => {
          const page = await pageOf(busySample(partitions, groups), { columns, rows });
          expect(page.length).toBeLessThanOrEqual(rows);
          for (const line of page) expect(stringWidth(line)).toBeLessThanOrEqual(columns);
        },
      ),
      { numRuns: 60 },
    );
  });

  it('summarizes hidden partitions and groups', async () => {
    const page = await pageOf(busySample(256, 30), { columns: 80, rows: 24 });
    const shown = page.filter((line) => /^ {2}p\d/.test(line)).length;
    const shownGroups = page.filter((line) => line.startsWith('  group-')).length;
    expect(page.join('\n')).toContain(`${256 - shown} more partitions: `);
    expect(page.join('\n')).toContain(`${30 - shownGroups} more groups: lag `);
    expect(shown).toBeGreaterThan(3);
    expect(shownGroups).toBeGreaterThan(3);
    // the largest ones are kept, in their order
    expect(page.findIndex((line) => line.includes('p254'))).toBe(page.findIndex((line) => line.includes('p255')) - 1);
  });

  it('shows the number of hidden rows if not even its sections fit', async () => {
    const page = await pageOf(busySample(8, 2), { columns: 40, rows: 4 });
    expect(page).toHaveLength(4);
    expect(page.at(-1)).toMatch(/^… \d+ more rows$/);
  });

  it('shows the most important figures of each section in a small window', async () => {
    const text = (await pageOf(busySample(8, 2), { columns: 40, rows: 10 })).join('\n');
    for (const organ of ['ledger', 'emission', 'router', 'bus', 'scheduler', 'replay'])
      expect(text).toMatch(new RegExp(`^${organ}\\b`, 'm'));
    expect(text).toMatch(/^ {2}group-0 +\d/m);
    expect(text).toMatch(/^ {2}group-1 +\d/m);
  });

  it('escapes names', async () => {
    const evil = '\u001b[2Jx\u202e\n\u009b';
    const member = { ...alive(evil), isAlive: false };
    const sample = sampleOf({
      atMs: 1000,
      events: [1],
      names: [evil],
      path: `/tmp/${evil}`,
      groups: [groupOf(evil, [0], [1], [member])],
    });
    const text = (await pageOf(sample, { columns: 200, rows: 40 })).join('');
    // biome-ignore lint/suspicious/noControlCharactersInRegex: searches for control characters
    expect(text).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u202e]/);
    expect(text).toContain('\\x1b[2Jx\\u{202e}');
  });
});

describe('rows', () => {
  it('are shared evenly, except for rows that a shorter list leaves', () => {
    expect(shareRows([256, 2], 10)).toEqual([8, 2]);
    expect(shareRows([256, 40], 11)).toEqual([6, 5]);
    expect(shareRows([1, 1], 10)).toEqual([1, 1]);
    expect(shareRows([5, 5], 0)).toEqual([0, 0]);
  });
});
