/** Tests the benchmark of curves: every curve is measured at tiny sizes, nothing of it stays, and what it writes can be drawn. */

import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { CURVES, type CurveDocument, type CurveName, type Point } from '../../bench/curve/document.ts';
import { LINE_BYTES, writeEvents, writePayloads } from '../../bench/curve/lines.ts';
import { drawPlot, type Plot } from '../../bench/curve/plots/plot.ts';
import { plotsOf, short } from '../../bench/curve/plots/questions.ts';
import { measureCurves } from '../../bench/curve/run.ts';
import { sizesOf } from '../../bench/curve/sizes.ts';
import { Stage } from '../../bench/curve/stage.ts';
import { Workplace } from '../../src/cli/bench/workplace.ts';
import { tempDir } from '../support/temp-dir.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const SIZES = {
  ...sizesOf({ quick: true, huge: false }),
  events: [3000],
  partitions: [3],
  payloads: [10, 100],
  parked: [20],
};
const signal = new AbortController().signal;

it('measures every curve at the sizes it is given, and nothing of it stays', async () => {
  const parent = tempDir();
  const order: CurveName[] = [];
  const document = await measureCurves({
    ...{ root: ROOT, curves: CURVES, sizes: SIZES, parent, signal, onProgress: () => {} },
    onCurve: (name) => order.push(name),
  });
  expect(order).toEqual([...CURVES]);
  expect(readdirSync(parent)).toEqual([]);
  const works = (name: CurveName) =>
    document[name]?.points.map(({ value, work }) => [value, Object.keys(work).join(' ')]);
  expect(works('events')).toEqual([[3000, 'emit inspect tail range']]);
  expect(works('partitions')).toEqual([[3, 'emit replay emitOne tailOne inspect']]);
  expect(works('payloads')).toEqual([10, 100].map((bytes) => [bytes, 'emit replay']));
  expect(works('emitters')).toEqual([1, 2].map((emitters) => [emitters, 'commit']));
  expect(works('parked')).toEqual([[20, 'show list inspect deliver']]);
  const points = CURVES.flatMap((name) => document[name]?.points ?? []);
  for (const { work } of points)
    for (const figures of Object.values(work)) {
      expect(figures).toEqual({
        cpuMs: expect.any(Number),
        wallMs: expect.any(Number),
        peakBytes: expect.any(Number),
        rounds: 1,
      });
      expect(figures.peakBytes).toBeGreaterThan(20e6);
      expect(Math.min(figures.cpuMs, figures.wallMs)).toBeGreaterThan(0);
    }
  expect(document.emitters?.points[1]?.facts['commits']).toBeGreaterThan(1);
  for (const plot of plotsOf(document)) expect(drawPlot(plot)).not.toContain('NaN');
});

it('refuses a figure of a command that did other work than it should', async () => {
  const workplace = Workplace.make(tempDir(), 0, signal);
  const stage = new Stage({ root: ROOT, workplace, rounds: 1, signal, onProgress: () => {} });
  const ledger = await stage.create(['--partitions', '1']);
  await expect(stage.measure(['tail', '-n', '1', '--ledger', ledger], { lines: 1 })).rejects.toThrow('printed 0 lines');
  await expect(stage.measure(['tail', '--ledger', `${ledger}.not`])).rejects.toThrow('there is no ledger');
});

it('writes events of one length, a millisecond apart, also from piece to piece', async () => {
  const file = join(tempDir(), 'events.jsonl');
  await writeEvents(file, 10_003, signal, 20_000);
  const lines = readFileSync(file, 'utf8').trimEnd().split('\n');
  expect(lines).toHaveLength(10_003);
  expect(statSync(file).size).toBe(10_003 * LINE_BYTES);
  const times = lines.map((line) => (JSON.parse(line) as { t: number }).t);
  expect(times).toEqual(Array.from({ length: 10_003 }, (_, nth) => Date.UTC(2024, 0) + 20_000 + nth));
});

it.each([10, 11, 17, 18, 19, 1000, 1_048_576])(
  'writes payloads of %i bytes, each a JSON object with a key',
  async (bytes) => {
    const file = join(tempDir(), 'payloads.jsonl');
    await writePayloads(file, bytes, 3, signal);
    const lines = readFileSync(file, 'utf8').split('\n');
    expect(lines.pop()).toBe('');
    expect(lines.map(({ length }) => length)).toEqual([bytes, bytes, bytes]);
    expect(lines.map((line) => (JSON.parse(line) as { k: string }).k)).toEqual(['00', '01', '02']);
  },
);

const PLOT: Plot = {
  name: 'plot',
  title: 'A <title> & more',
  x: { label: 'events', format: short, ticks: 'decades' },
  y: { label: 'ms', format: short },
  series: ['flat', 'also flat', 'flat again'].map((name) => ({
    name,
    points: [1e4, 1e5, 1e6].map((x) => [x, 140] as const),
  })),
};

/** Of the texts that match. */
function placesOf(svg: string, pattern: RegExp): number[] {
  return [...svg.matchAll(pattern)].map(([, y]) => Number(y));
}

it('draws a flat line over at least a decade, with a label for each power of ten', () => {
  const svg = drawPlot(PLOT);
  const labels = [...svg.matchAll(/<text [^>]*>([^<]*)<\/text>/g)].map(([, text]) => text);
  expect(labels).toEqual(expect.arrayContaining(['100', '200', '500', '1 k', '10 k', '100 k', '1 M', 'events', 'ms']));
  expect(svg).toContain('A &#60;title&#62; &#38; more');
  expect(svg).toContain('flat: 140 at 10 k, 140 at 100 k, 140 at 1 M');
});

it('keeps the names of lines that end at one place apart, and within the plot', () => {
  const places = placesOf(drawPlot(PLOT), /<text class="name c\d" x="[\d.]+" y="([\d.]+)"/g).sort(
    (one, other) => one - other,
  );
  expect(places).toHaveLength(3);
  const gaps = places.slice(1).map((place, at) => place - (places[at] ?? 0));
  expect(Math.min(...gaps)).toBeGreaterThanOrEqual(15.9);
  expect(Math.max(...places)).toBeLessThan(380);
});

it('the results that are committed have every curve, and their plots are those of docs/images', () => {
  const document = JSON.parse(readFileSync(join(ROOT, 'bench/curve/results/curve.json'), 'utf8')) as CurveDocument;
  expect(Object.keys(document).sort()).toEqual([...CURVES].sort());
  const empty = (points: readonly Point[]) => points.length < 2;
  expect(CURVES.filter((name) => empty(document[name]?.points ?? []))).toEqual([]);
  for (const plot of plotsOf(document)) {
    const image = join(ROOT, `docs/images/${plot.name}.svg`);
    expect(existsSync(image), image).toBe(true);
    expect(readFileSync(image, 'utf8')).toBe(drawPlot(plot));
  }
});
