/** Implements the port for compaction over one connection: rewrites frames, lets the view follow, and gives free pages back. */

import type { Database } from 'better-sqlite3';
import { loadZstd } from '../../../native/zstd.ts';
import type { Compaction, CompactReport, CompactRequest } from '../../compaction.ts';
import type { LedgerIdentity } from '../../ledger.ts';
import { type FileIdentity, guardIdentity } from '../connection/file-guard.ts';
import type { GuardedDatabase } from '../connection/guarded-database.ts';
import { readPartitionRows } from '../connection/identity.ts';
import { readHead } from '../write/write-state.ts';
import { FrameRewriter, NOTHING_REWRITTEN, viewPlainBodies } from './compact.ts';
import { giveBackPages } from './give-back.ts';
import { SmallSteps, type StepLimits } from './small-steps.ts';

export class SqliteCompaction implements Compaction {
  readonly #db: Database;
  readonly #guarded: GuardedDatabase;
  readonly #file: FileIdentity;
  readonly #identity: Pick<LedgerIdentity, 'path' | 'config'>;

  constructor(
    db: Database,
    guarded: GuardedDatabase,
    file: FileIdentity,
    identity: Pick<LedgerIdentity, 'path' | 'config'>,
  ) {
    this.#db = db;
    this.#guarded = guarded;
    this.#file = file;
    this.#identity = identity;
  }

  async compact(request: CompactRequest, limits: Omit<StepLimits, 'signal'> = {}): Promise<CompactReport> {
    const { rewrite, onProgress } = request;
    const { path, config } = this.#identity;
    this.#guarded.checkWritable();
    if (rewrite !== null && rewrite.compression !== null) loadZstd();
    const steps = new SmallSteps(this.#db, this.#guarded, path, { ...limits, signal: request.signal });
    const start = await steps.read(() => ({
      through: readHead(this.#db).sequence,
      partitions: readPartitionRows(this.#db).map(({ id }) => id),
      storageBytes: this.#storageBytes(),
    }));

    let totals = NOTHING_REWRITTEN;
    if (rewrite !== null) {
      const rewriter = new FrameRewriter(this.#db, steps, rewrite);
      for (const partition of start.partitions)
        await rewriter.rewrite(partition, start.through, (sofar) => onProgress?.({ ...sofar, freeBytes: null }));
      totals = rewriter.totals;
      if (rewrite.compression === null && config.compression === null && !steps.isStopped)
        await steps.write(() => viewPlainBodies(this.#db));
    }
    const { freeBytes, canGiveBack } = await giveBackPages(this.#db, steps, (left) =>
      onProgress?.({ ...totals, freeBytes: left }),
    );
    // the file ends earlier once its WAL is written back
    await this.#guarded.read(() => this.#db.pragma('wal_checkpoint(PASSIVE)'));
    // what was done in a file that was replaced meanwhile must not be reported as done in this one
    guardIdentity(path, this.#file);
    return {
      ...totals,
      storageBytesBefore: start.storageBytes,
      storageBytesAfter: await steps.read(() => this.#storageBytes()),
      freeBytes,
      canGiveBack,
      isComplete: !steps.isStopped,
    };
  }

  /** Size of the file when the WAL is written back. */
  #storageBytes(): number {
    const pages = this.#db.pragma('page_count', { simple: true }) as number;
    return pages * (this.#db.pragma('page_size', { simple: true }) as number);
  }
}
