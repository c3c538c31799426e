/** The ways in which a power cut leaves parts of what was not synced. Everything that a mode leaves open is drawn from the seed. */

import type { Seeded } from '../../support/seeded.ts';
import type { Part, Survivors, WrittenParts } from './file-model.ts';

const NOTHING: WrittenParts = { kept: [], garbage: [], isGrown: false };
const SECTOR_BYTES = 512;
const PAGE_BYTES = 4096;
/** Calls before the cut among which a disk that keeps the order stops. */
const QUEUE_CALLS = 40;

const whole = (range: Part): WrittenParts => ({ kept: [range], garbage: [], isGrown: true });

/** The sectors that a range touches, each cut to the range: what is beside it in a sector is not changed. */
function sectorsOf({ from, to }: Part, bytes: number): Part[] {
  const sectors: Part[] = [];
  for (let at = from; at < to; at = (Math.floor(at / bytes) + 1) * bytes)
    sectors.push({ from: at, to: Math.min(to, (Math.floor(at / bytes) + 1) * bytes) });
  return sectors;
}

type Choices = Omit<Survivors, 'garbage'>;

/** Each write is kept, dropped, or torn: some of its sectors are there. */
function torn(random: Seeded, sectorBytes: number): Choices {
  return {
    keepsName: () => random.unit() < 0.5,
    keepsSize: () => random.unit() < 0.5,
    writtenParts: (_, range) => {
      const chance = random.unit();
      if (chance < 0.4) return whole(range);
      if (chance < 0.65) return NOTHING;
      const kept = sectorsOf(range, sectorBytes).filter(() => random.unit() < 0.5);
      return { kept, garbage: [], isGrown: random.unit() < 0.5 };
    },
  };
}

/** By name, so that a report of a state is readable. */
const WAYS = {
  'nothing survives': () => ({ keepsName: () => false, keepsSize: () => false, writtenParts: () => NOTHING }),
  'everything survives': () => ({
    keepsName: () => true,
    keepsSize: () => true,
    writtenParts: (_, range) => whole(range),
  }),
  'in order': (random, cut) => {
    const last = random.between(Math.max(0, cut - QUEUE_CALLS), cut - 1);
    return {
      keepsName: (call) => call < last,
      keepsSize: (call) => call < last,
      writtenParts: (call, range) => {
        if (call !== last) return call < last ? whole(range) : NOTHING;
        // within a sector, too: it is written from one end to the other
        const kept = { from: range.from, to: random.between(range.from, range.to) };
        return { kept: kept.to > kept.from ? [kept] : [], garbage: [], isGrown: false };
      },
    };
  },
  'whole writes': (random) => ({
    keepsName: () => random.unit() < 0.5,
    keepsSize: () => random.unit() < 0.5,
    writtenParts: (_, range) => (random.unit() < 0.5 ? whole(range) : NOTHING),
  }),
  'torn sectors': (random) => torn(random, SECTOR_BYTES),
  'torn pages': (random) => torn(random, PAGE_BYTES),
  garbage: (random) => ({
    keepsName: () => random.unit() < 0.7,
    keepsSize: () => random.unit() < 0.5,
    writtenParts: (_, range, durableBytes) => {
      if (random.unit() < 0.4) return whole(range);
      const kept: Part[] = [];
      const garbage: Part[] = [];
      for (const sector of sectorsOf(range, random.unit() < 0.5 ? SECTOR_BYTES : PAGE_BYTES)) {
        const chance = random.unit();
        if (chance < 0.35) kept.push(sector);
        else if (chance < 0.75 && sector.from >= durableBytes) garbage.push(sector);
      }
      return { kept, garbage, isGrown: true };
    },
  }),
  'sizes without data': (random) => ({
    keepsName: () => true,
    keepsSize: () => random.unit() < 0.5,
    writtenParts: () => ({ ...NOTHING, isGrown: true }),
  }),
  'names without data': () => ({ keepsName: () => true, keepsSize: () => false, writtenParts: () => NOTHING }),
  'data without names': () => ({
    keepsName: () => false,
    keepsSize: () => true,
    writtenParts: (_, range) => whole(range),
  }),
} satisfies Record<string, (random: Seeded, cut: number) => Choices>;

export type Mode = keyof typeof WAYS;

export const MODES = Object.keys(WAYS) as readonly Mode[];

/** `cut`: number of calls before it. */
export function survivorsOf(mode: Mode, random: Seeded, cut: number): Survivors {
  const garbage = (bytes: number): Buffer => {
    const made = Buffer.alloc(bytes);
    for (let at = 0; at < bytes; at++) made[at] = random.between(0, 255);
    return made;
  };
  return { ...WAYS[mode](random, cut), garbage };
}
