/** Implements the port over a log of proposals, out of the parts of this folder. */

import { closeAll } from '../../model/closing.ts';
import type { LedgerConfig } from '../../model/config.ts';
import type { CommitDraft } from '../../model/events/commit.ts';
import type { LaneRequest, ReadRequest } from '../../model/events/history.ts';
import { LedgerError } from '../../model/ledger-error.ts';
import type { Epochs } from '../../model/routing/routing.ts';
import type { GroupStore } from '../group-store.ts';
import type { Ledger, LedgerIdentity, Sampling } from '../ledger.ts';
import { LOG_DOMAIN } from '../protocol/chain.ts';
import { pipelineOver } from '../protocol/commit-pipeline.ts';
import { headOf } from '../protocol/ledger-state.ts';
import type { Fold, SealEvery } from './fold/fold.ts';
import { isGuarded } from './fold/guarded.ts';
import { type Genesis, type LogState, NO_PRODUCER, partitionsOf } from './fold/log-state.ts';
import type { BodyStorage } from './format/lay-out.ts';
import { hasMarks } from './format/marks.ts';
import { HEADER_BYTES_MAX } from './format/proposal.ts';
import { LogGroups } from './log-groups.ts';
import type { OpenedLog } from './log-store.ts';
import type { OrderedLog } from './ordered-log.ts';
import { commitColumns, describeLog, gaugeLog, summarizeLog } from './read/describe-log.ts';
import { HistoryWalk } from './read/history-walk.ts';
import { LiveFold } from './read/live-fold.ts';
import { LogHistory } from './read/log-history.ts';
import { logPath } from './read/log-path.ts';
import { Seals } from './read/seals.ts';
import { verifyLog } from './read/verify-log.ts';
import { beginEpoch } from './write/epoch-writer.ts';
import { FedIndex, type IndexDue } from './write/fed-index.ts';
import { GuardedWriter, withOwnBodies } from './write/guarded-writer.ts';
import { indexWarning } from './write/index-warning.ts';
import { LogWriter } from './write/log-writer.ts';
import type { OpenMarkStore } from './write/mark-store.ts';
import { basisAt } from './write/outcomes.ts';
import { validPins } from './write/pin-rules.ts';
import { Sealer } from './write/sealer.ts';

/** Larger messages gain nothing, and their acknowledgements take longer. */
const MESSAGE_BYTES_BEST = 1024 * 1024;

/** Commits come whole, up to 1 MiB each, and each place is found by folding half of what is between two seals. */
const LOG_SAMPLING: Sampling = { runs: 4, bytes: 4 * 1024 * 1024 };

/** Ids and pins are stored behind the frames, and may be longer than these. */
const MARKED_SHARE = 4;

/** What a driver says of its ledgers. The bounds are made small by tests. */
export interface LogOptions {
  /** Keeps the index of ids and pins beyond the process; in memory by default. */
  readonly openIndex?: OpenMarkStore | undefined;
  readonly indexDue?: IndexDue | undefined;
  readonly sealEvery?: SealEvery | undefined;
  readonly sealPartBytes?: number | undefined;
  /** Commits kept in memory. */
  readonly recent?: number | undefined;
}

/** `isMarked`: commits have ids or pins. */
export function commitBytesMaxOf({ messageBytesMax }: Pick<OrderedLog, 'messageBytesMax'>, isMarked: boolean): number {
  const bytesMax = Math.min(messageBytesMax, MESSAGE_BYTES_BEST) - HEADER_BYTES_MAX;
  return Math.floor(isMarked ? bytesMax / MARKED_SHARE : bytesMax);
}

export interface LogLedgerParts {
  readonly opened: OpenedLog;
  readonly isWriter: boolean;
  readonly genesis: Genesis;
  readonly config: LedgerConfig;
  /** As of the first message. */
  readonly beginning: LogState;
  readonly options: LogOptions;
}

export class LogLedger implements Ledger {
  readonly archives = null;
  readonly compaction = null;
  readonly sampling = LOG_SAMPLING;
  readonly groupStore: GroupStore;
  readonly commitBytesMax: number;
  readonly #parts: LogLedgerParts;
  readonly #live: LiveFold;
  readonly #history: LogHistory;
  readonly #seals: Seals;
  readonly #index: FedIndex;
  readonly #sealer: Sealer;
  readonly #writer: LogWriter;
  readonly #guarded: GuardedWriter;
  /** Sessions of this object: their commits are not reported to watches. */
  readonly #ownSessions = new Set<string>();
  readonly #watches = new Set<{ close(): void }>();
  readonly #pipelines = new Set<LogWriter>();
  #hasWritten = false;
  #isClosed = false;

  /** Opens the ledger with everything that the log has now. @throws LedgerError VERIFICATION_FAILED and what the log throws */
  static async open(parts: LogLedgerParts): Promise<LogLedger> {
    const { opened, genesis, beginning, options } = parts;
    const seals = new Seals(opened.log, genesis, beginning, options.sealEvery);
    const ledger = new LogLedger(parts, seals, await seals.atLast());
    await ledger.#live.current();
    return ledger;
  }

  private constructor(parts: LogLedgerParts, seals: Seals, fold: Fold) {
    const { opened, genesis, options } = parts;
    const { log, records } = opened;
    const storage = bodyStorageOf(parts);
    this.#parts = parts;
    this.#seals = seals;
    this.#live = new LiveFold(log, fold, options.recent);
    this.#history = new LogHistory(this.#live, new HistoryWalk(log, this.#live, seals));
    this.#index = new FedIndex({ log, seals, openStore: options.openIndex, due: options.indexDue });
    this.#sealer = new Sealer(log, fold, options.sealPartBytes);
    this.#writer = this.#own(new LogWriter(log, this.#live, 'free', storage));
    this.#guarded = this.#own(new GuardedWriter(log, this.#live, this.#index, storage));
    this.commitBytesMax = commitBytesMaxOf(log, isGuarded(fold.state.ledger, genesis));
    this.groupStore = new LogGroups(records, {
      partitions: async () => {
        const state = await this.#live.current();
        return {
          ids: state.partitions.map((_, id) => id),
          endOf: (partition) => state.partitions[partition]?.nextOffset ?? 0,
        };
      },
      timeOfNext: ({ partition, nextOffset }) => this.#history.timeAt(partition, { nextOffset }),
    });
    this.#live.listen({
      onFolded: (folded) => {
        if (folded.kind !== 'commits' || !this.#ownSessions.has(folded.who.session)) return;
        this.#hasWritten = true;
        if (folded.isSealDue) this.#sealer.seal();
      },
    });
  }

  #own<Writer extends { readonly session: string }>(writer: Writer): Writer {
    this.#ownSessions.add(writer.session);
    return writer;
  }

  get identity(): LedgerIdentity {
    const { opened, genesis, config } = this.#parts;
    const { uuid, createdAt } = genesis.ledger;
    const state = this.#live.state;
    const epochs = [...state.epochs] as unknown as Epochs;
    const partitions = partitionsOf(state);
    return { path: opened.log.location, uuid, createdAt, config, epochs, partitions, isSegment: false };
  }

  head = () => this.#history.head();

  pathFrom: Ledger['pathFrom'] = async (sequence, end) => {
    const { position } = await this.#live.current();
    const fold = await this.#seals.before((summary) => summary.sequence < sequence, position);
    return logPath(this.#parts.opened.log, fold, sequence, end, position);
  };

  chainEnd: Ledger['chainEnd'] = async () => {
    const { ledger } = await this.#live.current();
    return { head: headOf(ledger), joints: ledger.epoch.epoch, format: LOG_DOMAIN };
  };
  firstSequence = () => this.#history.firstSequence();
  read = (request: ReadRequest) => this.#history.read(request);
  pages = (request: ReadRequest) => this.#history.pages(request);
  /** A log keeps its commits with their events. */
  linkAt: Ledger['linkAt'] = async () => null;
  sequenceAtTime: Ledger['sequenceAtTime'] = (time) => this.#history.sequenceAtTime(time);
  sequenceOfLast: Ledger['sequenceOfLast'] = (count, partitions, through) =>
    this.#history.sequenceOfLast(count, partitions, through);
  partitionsSentTo: Ledger['partitionsSentTo'] = (range) => this.#history.partitionsSentTo(range);
  readLane = (request: LaneRequest) => this.#history.readLane(request);
  ends: Ledger['ends'] = (partitions) => this.#history.ends(partitions);
  positionsAt: Ledger['positionsAt'] = (sequence) => this.#history.positionsAt(sequence);
  /** Nothing of a log is dropped. */
  checkKept: Ledger['checkKept'] = async () => {};

  warnings: Ledger['warnings'] = async () => {
    const warning = indexWarning(this.#index.lostStore);
    return warning === null ? [] : [warning];
  };

  async basis() {
    const state = await this.#live.current();
    return basisAt(state, await this.#hasPins(state));
  }

  async pinsOf(sessions: readonly string[]) {
    const state = await this.#live.current();
    if (state.ledger.epoch.spec.rule !== 'sticky') return [];
    return this.#index.at(state.position, (index) => validPins(sessions, index, state));
  }

  async positionOfProducer(name: string) {
    return (await this.#live.current()).producers.get(name) ?? NO_PRODUCER;
  }

  async summarize() {
    return summarizeLog(await this.#live.current());
  }

  async describe() {
    const state = await this.#live.current();
    const wasSticky = state.epochs.some(({ spec }) => spec.rule === 'sticky');
    const sessions = wasSticky ? await this.#index.at(state.position, (index) => index.sessions) : 0;
    return describeLog(state, this.identity, sessions, this.#parts.opened.storage);
  }

  async gauges(behind: number | null) {
    const state = await this.#live.current();
    return gaugeLog(state, behind, this.#live.recent, this.#parts.opened.storage);
  }

  snapshot<Result>(work: (ledger: Ledger) => Promise<Result>): Promise<Result> {
    return work(this);
  }

  /** Those near the head, which are in memory. */
  async lastCommits(limit: number) {
    await this.#live.current();
    return commitColumns(this.#live.recent, limit);
  }

  async commit(draft: CommitDraft) {
    this.#checkWritable();
    const { ledger } = this.#live.state;
    if (this.#isGuarded(draft)) return this.#guarded.commit(draft);
    const outcome = await this.#writer.offer(draft, Number.POSITIVE_INFINITY);
    if (outcome.kind !== 'stale') return outcome;
    throw new LedgerError('INTERNAL', { message: `internal error: a draft is stale after ${ledger.sequence}` });
  }

  async openPipeline() {
    this.#checkWritable();
    // an epoch with sessions may begin while it is open
    const guarded = pipelineOver((draft) => this.#guarded.commit(draft));
    const { log } = this.#parts.opened;
    const writer = this.#own(new LogWriter(log, this.#live, 'ordered', bodyStorageOf(this.#parts)));
    this.#pipelines.add(writer);
    return {
      offer: async (draft: CommitDraft, generation: number) =>
        this.#isGuarded(draft) ? guarded.offer(withOwnBodies(draft), generation) : writer.offer(draft, generation),
      close: async () => {
        this.#pipelines.delete(writer);
        await guarded.close();
        await writer.close();
      },
    };
  }

  async begin() {
    this.#checkWritable();
    return this.#guarded.begin();
  }

  beginEpoch: Ledger['beginEpoch'] = async (plan) => {
    this.#checkWritable();
    return beginEpoch(this.#parts.opened.log, this.#live, plan);
  };

  verify: Ledger['verify'] = async (options) => {
    const head = await this.#live.current();
    return verifyLog(this.#parts.opened.log, this.#seals.atBeginning(), head, options);
  };

  backup: Ledger['backup'] = async () => {
    this.#live.check();
    throw new LedgerError('UNSUPPORTED', {
      message: `${this.#parts.opened.log.location} has no backup: only a ledger in a file has one`,
      hint: `keep a copy in a file: completengine replay -l ${this.#parts.opened.log.location} --into FILE --follow`,
    });
  };

  watch: Ledger['watch'] = ({ onCommit, onError }) => {
    const listening = this.#live.listen({
      onFolded: (folded) => {
        const isOwn = folded.kind === 'commits' && this.#ownSessions.has(folded.who.session);
        if (folded.kind === 'epoch' || (folded.kind === 'commits' && !isOwn))
          onCommit(this.#live.state.ledger.sequence);
      },
      onError,
    });
    this.#watches.add(listening);
    return {
      close: () => {
        this.#watches.delete(listening);
        listening.close();
      },
    };
  };

  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    const writers = [this.#writer, ...this.#pipelines];
    await closeAll([
      ...[...this.#watches].map((watch) => () => watch.close()),
      ...writers.map((writer) => () => writer.close()),
      () => this.#index.close(),
      () => this.#sealer.end(this.#hasWritten),
      () => this.#live.close(),
      () => this.#parts.opened.log.close(),
    ]);
  }

  /** Whether the draft depends on what only its writer can compare, also the head that it expects: see `fold/guarded.ts`. */
  #isGuarded(draft: CommitDraft): boolean {
    return (
      draft.expectedHead !== undefined || hasMarks(draft) || isGuarded(this.#live.state.ledger, this.#parts.genesis)
    );
  }

  async #hasPins({ ledger, position }: LogState): Promise<boolean> {
    if (ledger.epoch.spec.rule !== 'sticky') return false;
    return this.#index.at(position, (index) => index.hasPins);
  }

  #checkWritable(): void {
    this.#live.check();
    if (this.#parts.isWriter) return;
    throw new LedgerError('PERMISSION_DENIED', {
      message: `${this.#parts.opened.log.location} was opened for reading`,
      hint: 'open it with access: write',
    });
  }
}

function bodyStorageOf({ genesis, config }: LogLedgerParts): BodyStorage {
  return { layout: genesis.layout, compression: config.compression };
}
