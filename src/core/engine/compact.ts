/** Reads the options of a compaction, and asks the storage for it. */

import type { CompactProgress, CompactReport } from '../ledger/compaction.ts';
import type { Ledger } from '../ledger/ledger.ts';
import { parseCompression } from '../model/compression.ts';
import { inOption, invalidArgument, LedgerError } from '../model/ledger-error.ts';
import { schemeOf } from '../model/location.ts';
import type { Clock } from '../model/time/clock.ts';
import { readTimeExpression, type TimeInput } from '../model/time/time-expression.ts';

export interface CompactOptions {
  /**
   * How the frames are stored afterwards: `none`, `zstd` or `zstd:LEVEL`; frames that are compressed already stay as they are. Default: all frames stay as
   * they are, and only free space is given back.
   */
  readonly compression?: string | undefined;
  /** Only frames whose events are all before this time. Default: all. Needs `compression`. */
  readonly before?: TimeInput | undefined;
  /** IANA name of the zone of `before`. Default UTC. */
  readonly zone?: string | undefined;
  readonly onProgress?: ((progress: CompactProgress) => void) | undefined;
  /** Ends it between two transactions: it resolves, with `isComplete` false. */
  readonly signal?: AbortSignal | undefined;
}

/** @throws LedgerError as {@link CompactReport}'s call does, and INVALID_ARGUMENT, INVALID_TIME */
export async function compacting(ledger: Ledger, clock: Clock, options: CompactOptions): Promise<CompactReport> {
  const { compression, before, zone, onProgress, signal } = options;
  if (ledger.compaction === null)
    throw new LedgerError('UNSUPPORTED', {
      message: `${ledger.identity.path} cannot be compacted: its storage keeps events as they were written`,
      hint:
        schemeOf(ledger.identity.path) !== null
          ? 'copy it into a compressed file: completengine init --compression zstd -l FILE, then replay --into FILE'
          : 'compact the ledger that the segment belongs to',
      details: { path: ledger.identity.path },
    });
  if (compression === undefined && before !== undefined)
    throw invalidArgument(
      'a time is given, and no compression for the events before it',
      'add `compression`',
      'before',
      'compression',
    );
  const form = compression === undefined ? undefined : inOption('compression', () => parseCompression(compression));
  const context = { now: clock.nowMicros(), zone };
  const end = before === undefined ? null : (await inOption('before', () => readTimeExpression(before, context))).first;
  const rewrite = form === undefined ? null : { compression: form, before: end };
  return ledger.compaction.compact({ rewrite, onProgress, signal });
}
