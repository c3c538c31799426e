import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { compare, readEarlier } from '../../../src/cli/bench/compare.ts';
import type { BenchDocument, Figures } from '../../../src/cli/bench/document.ts';
import { METRICS, valueAt } from '../../../src/cli/bench/metrics.ts';
import { benchText } from '../../../src/cli/bench/text.ts';
import { DOCUMENT } from '../../support/bench-document.ts';
import { tempDir } from '../../support/temp-dir.ts';

function kept(content: string | object): string {
  const file = join(tempDir(), 'before.json');
  writeFileSync(file, typeof content === 'string' ? content : JSON.stringify(content));
  return file;
}

function withFigures(figures: Partial<Figures>): BenchDocument {
  return { ...DOCUMENT, figures: { ...DOCUMENT.figures, ...figures } };
}

/** The rows of the text by their first column, with single blanks. */
function rowsOf(text: string): Map<string, string> {
  const rows = text.split('\n').flatMap((line) => /^(\S.*?) {2,}(.*)$/.exec(line) ?? []);
  const pairs: [string, string][] = [];
  for (let at = 0; at < rows.length; at += 3)
    pairs.push([rows[at + 1] as string, (rows[at + 2] as string).replace(/ {2,}/g, '  ')]);
  return new Map(pairs);
}

const FASTER = withFigures({
  emit: { ...DOCUMENT.figures.emit, eventsPerSecond: 1_500_000, peakResidentBytes: null },
  commit: { ...DOCUMENT.figures.commit, p99Ms: 6 },
});

describe('comparing', () => {
  it('gives the ratio of now to before for each figure, null if one is missing', () => {
    const { ratios, settings, machine } = compare(FASTER, readEarlier(kept(DOCUMENT)));
    expect(ratios).toMatchObject({
      'emit.eventsPerSecond': 1.5,
      'commit.p99Ms': 2,
      'commit.p50Ms': 1,
      'emit.peakResidentBytes': null,
    });
    expect(Object.keys(ratios)).toEqual(METRICS.map(({ path }) => path));
    expect([settings, machine]).toEqual([[], []]);
  });

  it('names the settings and the facts of the machine that differ', () => {
    const then = {
      ...DOCUMENT,
      settings: { ...DOCUMENT.settings, events: 1000 },
      machine: { ...DOCUMENT.machine, node: 'v22.1.0' },
    };
    const comparison = compare(DOCUMENT, readEarlier(kept(then)));
    expect(comparison.settings).toEqual([{ name: 'events', before: '1000', now: '1000000' }]);
    expect(comparison.machine).toEqual([{ name: 'node', before: 'v22.1.0', now: 'v20.20.2' }]);
  });

  it('accepts an earlier document without some figures, and never reads a prototype', () => {
    const then = {
      ...DOCUMENT,
      figures: { emit: { eventsPerSecond: 500_000, commits: '7' }, commit: [] },
      machine: 'none',
    };
    const { ratios, machine } = compare(DOCUMENT, readEarlier(kept(then)));
    expect(ratios).toMatchObject({ 'emit.eventsPerSecond': 2, 'commit.p50Ms': null });
    expect(machine[0]).toMatchObject({ before: 'unknown' });
    expect(valueAt({ emit: { eventsPerSecond: 5 } }, 'emit.constructor.length')).toBeNull();
    expect(valueAt([1], 'length.constructor')).toBeNull();
  });

  it('gives no ratio to zero', () => {
    const then = withFigures({ wakeup: { ...DOCUMENT.figures.wakeup, p50Ms: 0 } });
    expect(compare(DOCUMENT, readEarlier(kept(then))).ratios['wakeup.p50Ms']).toBeNull();
  });

  it.each([
    ['it is not JSON', 'no json'],
    ['it is not JSON', ''],
    ['it is JSON of another kind', '{"name":"completengine"}'],
    ['it is JSON of another kind', '[1]'],
    ['it is JSON of another kind', 'null'],
    ['it is JSON of another kind', '{"__proto__":{"kind":"completengine bench"}}'],
    ['it is from a newer version', JSON.stringify({ ...DOCUMENT, format: 2 })],
    ['it has no figures', JSON.stringify({ ...DOCUMENT, figures: {} })],
    ['it is too large', ' '.repeat(1024 * 1024 + 1)],
  ])('refuses a file because %s', (reason, content) => {
    expect(() => readEarlier(kept(content))).toThrow(
      expect.objectContaining({ code: 'INPUT_UNREADABLE', message: expect.stringContaining(reason) }),
    );
  });

  it('refuses a missing file, and a directory', () => {
    expect(() => readEarlier(join(tempDir(), 'none.json'))).toThrow(expect.objectContaining({ code: 'NO_INPUT' }));
    expect(() => readEarlier(tempDir())).toThrow(expect.objectContaining({ code: 'INPUT_UNREADABLE' }));
  });
});

describe('the text', () => {
  it('shows every figure with its unit, the settings and the machine', () => {
    const text = benchText(DOCUMENT);
    expect(text).toContain('1,000,000 events of 200 bytes, hash:tenant over 8 partitions, synchronous=FULL\n');
    expect(text).toContain(
      '2 x A processor, 8.00 GB, linux 6.1 x64, ext4, Node 20.20.2, SQLite 3.53.2, completengine 0.1.0\n',
    );
    const rows = rowsOf(text);
    for (const { label } of METRICS) expect([...rows.keys()]).toContain(label);
    expect(rows.get('single-event commit, p99.9')).toBe('4.000 ms');
    expect(rows.get('emit, peak memory')).toBe('150.0 MB');
    expect(text).not.toContain('note:');
  });

  it('shows both values, the ratio, and whether it is better or worse', () => {
    const earlier = readEarlier(kept(DOCUMENT));
    const text = benchText(FASTER, { earlier, comparison: compare(FASTER, earlier) });
    const rows = rowsOf(text);
    expect(rows.get('cat | emit, net of process start')).toBe('1,100,000 events/s  1,100,000 events/s  1.00');
    expect(rows.get('single-event commit, p99')).toBe('6.000 ms  3.000 ms  2.00  worse');
    expect(rows.get('emit, peak memory')).toBe('-  150.0 MB  -');
    expect(text).toMatch(/1,500,000 events\/s +1,000,000 events\/s +1\.50 {2}better/);
    expect(text).toContain('measured 2026-04-12T09:00:00.000Z');
    expect(text).not.toContain('the settings differ');
  });

  it('notes that ratios mean little when the settings differ', () => {
    const earlier = readEarlier(kept({ ...DOCUMENT, settings: { ...DOCUMENT.settings, partitions: 4 } }));
    const text = benchText(DOCUMENT, { earlier, comparison: compare(DOCUMENT, earlier) });
    expect(text).toContain('note: the settings differ, so the ratios mean little: partitions 4 before, 8 now');
  });

  it('notes a disk that does not flush, a file system in memory, and durability normal', () => {
    const { fsync, commit } = DOCUMENT.figures;
    expect(benchText(withFigures({ fsync: { ...fsync, medianMs: 0.02, seemsToFlush: false } }))).toContain(
      'does not seem to flush: a median of 0.02 ms',
    );
    expect(benchText({ ...DOCUMENT, machine: { ...DOCUMENT.machine, fileSystem: 'tmpfs' } })).toContain(
      'tmpfs is in memory',
    );
    expect(benchText({ ...DOCUMENT, settings: { ...DOCUMENT.settings, durability: 'normal' } })).toContain(
      'a power failure may lose the last commits',
    );
    expect(benchText(withFigures({ commit: { ...commit, count: 100 } }))).toContain(
      '100 single commits are too few for a p99.9',
    );
  });

  it('escapes all text of an earlier file for the terminal', () => {
    const earlier = readEarlier(
      kept({ ...DOCUMENT, measuredAt: '\u001b[2J', settings: { ...DOCUMENT.settings, routing: '\u009b31m' } }),
    );
    const text = benchText(DOCUMENT, { earlier, comparison: compare(DOCUMENT, earlier) });
    expect(text).toContain('\\x1b[2J');
    expect(text).toContain('\\x9b31m');
  });
});
