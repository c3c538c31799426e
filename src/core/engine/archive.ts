/** Archives the old end of a ledger: reads the cut as a time, and passes it to the storage. */

import type {
  ArchivedRun,
  ArchivePhase,
  ArchivePlan,
  ArchiveReport,
  ArchiveRequest,
  Archives,
} from '../ledger/archives.ts';
import type { Ledger } from '../ledger/ledger.ts';
import { invalidArgument, LedgerError } from '../model/ledger-error.ts';
import type { Clock } from '../model/time/clock.ts';
import { type EndRequest, hasNamedEnd, readEnd } from '../replay/resolve-range.ts';

/**
 * What is archived: from the oldest event that is not archived yet through the requested end, such as `until: '-90d'`.
 * Commits stay whole, and the last one always stays.
 */
export interface ArchiveOptions extends EndRequest {
  /** Most events to archive, by itself or with an end. */
  readonly limit?: number | undefined;
  /** IANA zone of dates and of times without one. Default UTC. */
  readonly zone?: string | undefined;
  /** Directory of the segment, which must exist. Default: the ledger's archive, `LEDGER.archive`, which is made. */
  readonly to?: string | undefined;
  /** Deletes the commits without a segment: they are gone. Default false. */
  readonly drop?: boolean | undefined;
  /** Moves the cursors of groups that have not read all of it to its end. Default false: GROUP_BEHIND. */
  readonly force?: boolean | undefined;
  /** `done` of `total` of a phase. */
  readonly onProgress?: ((progress: ArchiveProgress) => void) | undefined;
  /** Ends it between two steps; run again, it goes on. It rejects with ABORTED. */
  readonly signal?: AbortSignal | undefined;
}

export interface ArchiveProgress {
  readonly phase: ArchivePhase;
  readonly done: number;
  readonly total: number;
}

/** @throws LedgerError INVALID_TIME, INVALID_ARGUMENT */
export async function planArchive(ledger: Ledger, clock: Clock, options: ArchiveOptions): Promise<ArchivePlan> {
  const archives = archivesOf(ledger);
  return archives.plan(await toRequest(clock, options));
}

/** @throws LedgerError as planning and {@link Archives.run} do */
export async function archive(ledger: Ledger, clock: Clock, options: ArchiveOptions): Promise<ArchiveReport> {
  const archives = archivesOf(ledger);
  const { onProgress, signal } = options;
  return archives.run(await toRequest(clock, options), { now: clock.nowMicros(), onProgress, signal });
}

export async function archivedRuns(ledger: Ledger): Promise<readonly ArchivedRun[]> {
  return ledger.archives?.runs() ?? [];
}

async function toRequest(clock: Clock, options: ArchiveOptions): Promise<ArchiveRequest> {
  const { zone, to, drop, force, limit } = options;
  if (drop === true && to !== undefined)
    throw invalidArgument('what is dropped has no segment', 'give `to`, or `drop`', 'to', 'drop');
  if (!hasNamedEnd(options) && limit === undefined)
    throw invalidArgument(
      'an archive without an end',
      'give `until`, `through` or `throughSequence`, or `limit`',
      'until',
    );
  const end = await readEnd(options, { now: clock.nowMicros(), zone });
  return { end, limit: limit ?? null, directory: to ?? null, drop: drop ?? false, force: force ?? false };
}

function archivesOf({ archives, identity }: Ledger): Archives {
  if (archives !== null) return archives;
  throw new LedgerError('UNSUPPORTED', {
    message: `${identity.path} has no archive: only a ledger in a file has one`,
    hint: `copy it into a file, and archive that: completengine replay -l ${identity.path} --into FILE`,
    details: { path: identity.path },
  });
}
