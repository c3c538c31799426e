/** What a damage works on, and how one is chosen. */

import type { Seeded } from '../../support/seeded.ts';
import type { Original } from './originals.ts';

export interface Site {
  readonly directory: string;
  /** The ledger's file, in the directory. */
  readonly ledger: string;
  /** What the directory has a copy of. */
  readonly original: Original;
  /** The path of an untouched copy of it. */
  readonly sound: string;
  readonly originals: readonly Original[];
}

export interface Family {
  readonly name: string;
  /** Of 100 files. */
  readonly share: number;
  /**
   * The chain was computed again over other content: only a head that is kept elsewhere shows that, so another history may come out. What must hold
   * besides holds here, too.
   */
  readonly isForged?: boolean;
  /** Changes the files, and returns what was done, for the message of a failure; null if it cannot be done to these files. */
  readonly damage: (site: Site, random: Seeded) => string | null;
}

/** The family of a share that lies within the first of 100, and so on. */
export function familyOf(families: readonly Family[], random: Seeded): Family {
  const total = families.reduce((sum, { share }) => sum + share, 0);
  let left = random.unit() * total;
  for (const family of families) {
    left -= family.share;
    if (left < 0) return family;
  }
  return families[0] as Family;
}

/** Another original, or another version of this one. */
export function strangerOf({ original, originals }: Site, random: Seeded): Original {
  return random.pick(originals.filter((each) => each !== original));
}
