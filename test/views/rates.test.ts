/** Tests the rates from successive samples. */

import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RateMeter, type Rates } from '../../src/views/rates.ts';
import { groupOf, type SampleFacts, sampleOf } from '../support/watch-samples.ts';

function takeAll(facts: readonly SampleFacts[]): Rates[] {
  const meter = new RateMeter();
  return facts.map((each) => meter.take(sampleOf(each)));
}

function lastOf(facts: readonly SampleFacts[]): Rates {
  return takeAll(facts).at(-1) as Rates;
}

/** One sample per second, with this many more events in each. */
function steady(seconds: number, eventsPerSecond: number): SampleFacts[] {
  return Array.from({ length: seconds + 1 }, (_, at) => ({
    atMs: at * 1000,
    events: [at * eventsPerSecond],
    growth: at === 0 ? null : { commits: 5, bytes: 700 },
  }));
}

describe('the flow', () => {
  it('is unknown at the first sample', () => {
    const rates = lastOf([{ atMs: 0, events: [1000] }]);
    expect(rates).toMatchObject({ last: null, average: null, lagMost: 0 });
    expect(rates.partitions.size).toBe(0);
    expect(new Set(rates.seconds)).toEqual(new Set([null]));
  });

  it('covers the last second, and the last ten', () => {
    const busy: SampleFacts = { atMs: 21_000, events: [20 * 100 + 1100], growth: { commits: 15, bytes: 2700 } };
    const { last, average } = lastOf([...steady(20, 100), busy]);
    expect(last).toEqual({ overMs: 1000, eventsPerSecond: 1100, commitsPerSecond: 15, bytesPerSecond: 2700 });
    expect(average).toEqual({ overMs: 10_000, eventsPerSecond: 200, commitsPerSecond: 6, bytesPerSecond: 900 });
  });

  it('is measured over the actual time, also with late samples', () => {
    const { last } = lastOf([
      { atMs: 0, events: [0] },
      { atMs: 4000, events: [1000], growth: { commits: 8, bytes: 80 } },
    ]);
    expect(last).toEqual({ overMs: 4000, eventsPerSecond: 250, commitsPerSecond: 2, bytesPerSecond: 20 });
  });

  it('covers a second even with more frequent samples', () => {
    const samples = Array.from(
      { length: 31 },
      (_, at): SampleFacts => ({ atMs: at * 100, events: [at * 7], growth: { commits: 1, bytes: 10 } }),
    );
    const { last } = lastOf(samples);
    expect(last?.overMs).toBe(1000);
    expect(last?.eventsPerSecond).toBeCloseTo(70);
    expect(last?.commitsPerSecond).toBe(10);
  });

  it('has events but no commits and bytes while a growth was too large to count', () => {
    const samples: SampleFacts[] = [...steady(3, 10), { atMs: 4000, events: [5_000_000], growth: null }];
    expect(lastOf(samples).last).toMatchObject({ commitsPerSecond: null, bytesPerSecond: null });
    expect(lastOf(samples).last?.eventsPerSecond).toBeGreaterThan(4_000_000);
    const later = lastOf([...samples, { atMs: 5000, events: [5_000_001], growth: { commits: 1, bytes: 1 } }]);
    expect(later.last?.commitsPerSecond).toBe(1);
    expect(later.average?.commitsPerSecond).toBeNull();
  });

  it('is counted by partition, including added ones', () => {
    const rates = lastOf([
      { atMs: 0, events: [10, 20] },
      { atMs: 2000, events: [10, 30, 8] },
    ]);
    expect([...rates.partitions]).toEqual([
      [0, 0],
      [1, 5],
      [2, 4],
    ]);
  });
});

describe('the last sixty seconds', () => {
  it('have the events of each, and null before the first sample', () => {
    const { seconds } = lastOf([
      { atMs: 500, events: [100] },
      { atMs: 1500, events: [107] },
      { atMs: 2500, events: [107] },
      { atMs: 3500, events: [110] },
    ]);
    expect(seconds).toHaveLength(60);
    expect(seconds.slice(-4)).toEqual([null, 7, 0, 3]);
  });

  it('forget what is older', () => {
    const { seconds } = lastOf(steady(200, 3));
    expect(seconds).toEqual(Array.from({ length: 60 }, () => 3));
  });

  it('lose and add no event, whatever the times of the samples', async () => {
    await fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.constantFrom(1, 70, 500, 1000, 2500, 7000), fc.nat(100_000)), {
          minLength: 1,
          maxLength: 40,
        }),
        (steps) => {
          let atMs = 0;
          let events = 0;
          const facts: SampleFacts[] = [{ atMs, events: [0] }];
          for (const [ms, more] of steps) {
            atMs += ms;
            events += more;
            facts.push({ atMs, events: [events] });
          }
          const { seconds } = lastOf(facts);
          const known = seconds.filter((each) => each !== null);
          for (const each of known) expect(each).toBeGreaterThanOrEqual(0);
          const sum = known.reduce((total, each) => total + each, 0);
          expect(sum).toBeLessThanOrEqual(events + 1e-6);
          // everything is seen if it began and ended within the minute, at whole seconds before now
          if (atMs < 60_000 && atMs % 1000 === 0) expect(sum).toBeCloseTo(events, 3);
        },
      ),
    );
  });
});

describe('a group', () => {
  it('whose lag shrinks has an ETA of lag by rate', () => {
    const { groups, lagMost } = lastOf([
      { atMs: 0, events: [1000], groups: [groupOf('mailer', [100], [900])] },
      { atMs: 2000, events: [1200], groups: [groupOf('mailer', [700], [500])] },
    ]);
    expect(groups.get('mailer')).toEqual({ overMs: 2000, readPerSecond: 300, lagPerSecond: -200, catchUpMs: 2500 });
    expect(lagMost).toBe(900);
  });

  it('whose lag grows has no ETA, and one without lag has 0', () => {
    const { groups } = lastOf([
      { atMs: 0, events: [1000], groups: [groupOf('slow', [0], [1000]), groupOf('fast', [1000], [0])] },
      { atMs: 1000, events: [1500], groups: [groupOf('slow', [100], [1400]), groupOf('fast', [1500], [0])] },
    ]);
    expect(groups.get('slow')).toMatchObject({ readPerSecond: 100, lagPerSecond: 400, catchUpMs: null });
    expect(groups.get('fast')).toMatchObject({ readPerSecond: 500, lagPerSecond: 0, catchUpMs: 0 });
  });

  it('whose offsets were reset backwards has read nothing by that', () => {
    const { groups } = lastOf([
      { atMs: 0, events: [1000, 1000], groups: [groupOf('mailer', [500, 500], [500, 500])] },
      { atMs: 1000, events: [1000, 1000], groups: [groupOf('mailer', [0, 510], [1000, 490])] },
    ]);
    expect(groups.get('mailer')).toMatchObject({ readPerSecond: 10, lagPerSecond: 490 });
  });

  it('created between samples is measured from then on', () => {
    const [, made, later] = takeAll([
      { atMs: 0, events: [10] },
      { atMs: 1000, events: [10], groups: [groupOf('new', [0], [10])] },
      { atMs: 2000, events: [10], groups: [groupOf('new', [4], [6])] },
    ]);
    expect(made?.groups.has('new')).toBe(false);
    expect(later?.groups.get('new')).toMatchObject({ overMs: 1000, readPerSecond: 4, catchUpMs: 1500 });
  });
});

describe('an event that is next and not acknowledged', () => {
  const sample = (atMs: number, offset: number, lag: number): SampleFacts => ({
    atMs,
    events: [offset + lag],
    groups: [groupOf('g', [offset], [lag])],
  });
  const waited = (facts: readonly SampleFacts[]) => lastOf(facts).unmovedMs.get('g')?.get('p0');

  it('is seen from the first sample that has it, until the offset moves', () => {
    const hangs = [sample(0, 5, 0), sample(1000, 5, 1), sample(2000, 5, 3), sample(63_000, 5, 9)];
    expect(waited(hangs)).toBe(62_000);
    expect(waited([...hangs, sample(64_000, 6, 8)])).toBe(0);
    expect(waited([...hangs, sample(64_000, 14, 0)])).toBeUndefined();
  });
});
