/** The questions that the curves answer: a plot for each. */

import type { CurveDocument, Point } from '../document.ts';
import type { Axis, Plot, Series } from './plot.ts';

type Read = (point: Point) => number | undefined;

/** Questions whose curve was not measured have no plot. */
export function plotsOf({ events, partitions, payloads, emitters, parked }: CurveDocument): Plot[] {
  return [
    ...(events === undefined ? [] : eventPlots(events.points)),
    ...(partitions === undefined ? [] : partitionPlots(partitions.points)),
    ...(payloads === undefined ? [] : payloadPlots(payloads.points)),
    ...(emitters === undefined ? [] : emitterPlots(emitters.points)),
    ...(parked === undefined ? [] : parkedPlots(parked.points)),
  ];
}

function eventPlots(points: readonly Point[]): Plot[] {
  const x = { label: 'events in the ledger', format: short, ticks: 'decades' } as const;
  const perEvent = (figure: 'cpuMs' | 'wallMs') => (point: Point) =>
    per(point, point.work['emit']?.[figure], 'events', 1e6);
  return [
    {
      ...{ name: 'curve-emit', title: 'emit: time of an event, the start of the process included', x },
      y: { label: 'ns an event', format: short },
      series: [series('processor time', points, perEvent('cpuMs')), series('wall time', points, perEvent('wallMs'))],
    },
    {
      ...{ name: 'curve-memory', title: 'Most memory of a process', x },
      y: { label: 'MiB', format: short },
      series: [
        series('emit', points, peak('emit')),
        series('inspect', points, peak('inspect')),
        series('range of a second', points, peak('range')),
        series('tail -n 10', points, peak('tail')),
      ],
    },
    {
      ...{ name: 'curve-disk', title: 'Bytes of the ledger by byte of its events', x },
      y: { label: 'bytes a byte', format: short },
      series: [series('ledger / input', points, ({ facts }) => ratio(facts['ledgerBytes'], facts['inputBytes']))],
    },
    {
      ...{ name: 'curve-reads', title: 'A few events of many: processor time of a whole process', x },
      y: MILLISECONDS,
      series: [
        series('inspect', points, cpu('inspect')),
        series('range of a second', points, cpu('range')),
        series('tail -n 10', points, cpu('tail')),
      ],
    },
  ];
}

function partitionPlots(points: readonly Point[]): Plot[] {
  return [
    {
      ...{ name: 'curve-partitions', title: 'By partitions: processor time of a whole process' },
      x: { label: 'partitions', format: String, ticks: 'values' },
      y: MILLISECONDS,
      series: [
        series('emit, 1 M events', points, cpu('emit')),
        series('replay, 1 M events', points, cpu('replay')),
        series('inspect', points, cpu('inspect')),
        series('tail -n 1', points, cpu('tailOne')),
        series('emit, one event', points, cpu('emitOne')),
      ],
    },
  ];
}

function payloadPlots(points: readonly Point[]): Plot[] {
  const x = { label: 'bytes of a payload', format: short, ticks: 'decades' } as const;
  const by = (work: string, fact: string) => (point: Point) => per(point, point.work[work]?.cpuMs, fact, 1e6);
  return (
    [
      ['curve-payload-event', 'By the length of a payload: processor time of an event', 'ns an event', 'events'],
      ['curve-payload-byte', 'By the length of a payload: processor time of a byte', 'ns a byte', 'payloadBytes'],
    ] as const
  ).map(([name, title, label, fact]) => ({
    ...{ name, title, x, y: { label, format: short } },
    series: [series('emit', points, by('emit', fact)), series('replay', points, by('replay', fact))],
  }));
}

function emitterPlots(points: readonly Point[]): Plot[] {
  const x = { label: 'emitters of single events, a process each', format: String, ticks: 'values' } as const;
  const fact = (name: string) => (point: Point) => point.facts[name];
  return [
    {
      ...{ name: 'curve-emitters', title: 'Emitters of one ledger: their commits together', x },
      y: { label: 'commits/s', format: short },
      series: [series('all emitters', points, fact('commitsPerSecond'))],
    },
    {
      ...{ name: 'curve-commit', title: 'Emitters of one ledger: from the call to the receipt', x },
      y: MILLISECONDS_OF_ALL,
      series: [
        series('longest', points, fact('maxMs')),
        series('p99', points, fact('p99Ms')),
        series('p50', points, fact('p50Ms')),
      ],
    },
    {
      ...{ name: 'curve-fairness', title: 'Emitters of one ledger: commits of the slowest by those of the fastest', x },
      y: { label: 'slowest / fastest', format: short },
      series: [series('slowest / fastest', points, fact('slowestToFastest'))],
    },
  ];
}

function parkedPlots(points: readonly Point[]): Plot[] {
  return [
    {
      ...{ name: 'curve-parked', title: 'By parked events of a group: processor time of a whole process' },
      x: { label: 'parked events', format: short, ticks: 'decades' },
      y: MILLISECONDS,
      series: [
        series('inspect', points, cpu('inspect')),
        series('tail --group, 10 k', points, cpu('deliver')),
        series('group parked, 10', points, cpu('list')),
        series('group show', points, cpu('show')),
      ],
    },
  ];
}

const MILLISECONDS: Axis = { label: 'ms of processor time', format: short };
const MILLISECONDS_OF_ALL: Axis = { label: 'ms', format: short };

function series(name: string, points: readonly Point[], read: Read): Series {
  return {
    name,
    points: points.flatMap((point): [number, number][] => {
      const value = read(point);
      // a logarithmic axis has no zero
      return value === undefined || value <= 0 ? [] : [[point.value, value]];
    }),
  };
}

function cpu(work: string): Read {
  return (point) => point.work[work]?.cpuMs;
}

function peak(work: string): Read {
  return (point) => ratio(point.work[work]?.peakBytes, 2 ** 20);
}

/** `factor`: from milliseconds to the unit. */
function per({ facts }: Point, ms: number | undefined, fact: string, factor: number): number | undefined {
  return ms === undefined ? undefined : ratio(ms * factor, facts[fact]);
}

function ratio(one: number | undefined, other: number | undefined): number | undefined {
  return one === undefined || other === undefined || other === 0 ? undefined : one / other;
}

const UNITS: readonly (readonly [from: number, unit: string])[] = [
  [1e9, ' G'],
  [1e6, ' M'],
  [1e3, ' k'],
  [0, ''],
];

/** Three digits: `1.05`, `316 k`. */
export function short(value: number): string {
  const [from, unit] = UNITS.find(([least]) => value >= least) ?? [0, ''];
  return `${Number((value / (from || 1)).toPrecision(3))}${unit}`;
}
