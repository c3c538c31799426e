/** The document of `diff`: where two ledgers differ. */

import { type Completengine, type DiffResult, formatHead, type LedgerDiff } from '../index.ts';

interface SideDocument {
  readonly path: string;
  readonly uuid: string;
  /** `SEQUENCE:HASH`. */
  readonly head: string;
}

export interface DiffDocument extends Omit<LedgerDiff, 'heads' | 'shorter'> {
  readonly result: DiffResult;
  /** The ledger that ends first: `a` or `b`; null if both end at the same sequence. */
  readonly shorter: 'a' | 'b' | null;
  readonly a: SideDocument;
  readonly b: SideDocument;
}

const SIDES = { this: 'a', other: 'b' } as const;

type Side = Pick<Completengine, 'identity'>;

export function diffDocument({ heads, shorter, ...facts }: LedgerDiff, a: Side, b: Side): DiffDocument {
  return {
    ...facts,
    shorter: shorter && SIDES[shorter],
    a: { path: a.identity.path, uuid: a.identity.uuid, head: formatHead(heads.this) },
    b: { path: b.identity.path, uuid: b.identity.uuid, head: formatHead(heads.other) },
  };
}
