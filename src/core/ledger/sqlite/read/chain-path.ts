/** The way from one commit to a head, link by link. The record of an archived run shortens it: from the end of the run, or a joint within it, to the record. */

import type { Database } from 'better-sqlite3';
import type { ChainLinkPlace } from '../../ledger.ts';
import type { CommitLink } from '../../protocol/chain.ts';
import { type ChainPath, type ChainStep, holdsCommit } from '../../protocol/chain-step.ts';
import type { ArchiveRow } from '../../protocol/joints.ts';
import type { LinkedRow } from '../../protocol/link-check.ts';
import { ChainJoints } from './chain-joints.ts';
import type { VerifiedPage } from './chain-walk.ts';
import type { LedgerHistory } from './ledger-history.ts';
import type { FrameReader } from './read.ts';

export function chainPath(
  db: Database,
  reader: FrameReader,
  history: LedgerHistory,
  sequence: number,
  end: ChainLinkPlace,
): ChainPath {
  const joints = new ChainJoints(db, reader.statements);
  const page = history.verifiedPage({ range: { from: sequence, through: sequence }, partitions: null, verify: true });
  const row = page.rows[0] as LinkedRow;
  const bodies = page.commits[0]?.frames.map(({ body }) => body) ?? [];
  return { previous: hashBefore(joints, history, row.firstSequence), bodies, steps: walk(joints, history, row, end) };
}

/** Of the link before a commit. */
function hashBefore(joints: ChainJoints, history: LedgerHistory, first: number): Buffer {
  const joint = joints.before(first);
  if (joint !== undefined) return joint.hash;
  const isKnown = first >= joints.start.sequence || joints.archives.some(({ through }) => through + 1 === first);
  if (isKnown) return joints.lastCommitBefore(first).hash;
  const before = first - 1;
  const page = history.verifiedPage({ range: { from: before, through: before }, partitions: null, verify: true });
  return (page.rows[0] as LinkedRow).hash;
}

async function* walk(
  joints: ChainJoints,
  history: LedgerHistory,
  first: LinkedRow,
  end: ChainLinkPlace,
): AsyncGenerator<ChainStep, void, undefined> {
  const pages = new Rows(history, end.sequence);
  for (let row: LinkedRow | null = first; row !== null; ) {
    yield { kind: 'commit', link: toLink(row), place: null };
    let next: number = row.firstSequence + row.count;
    let from = joints.all.findIndex(({ beforeSequence }) => beforeSequence >= next);
    const at = jumpFrom(joints, row, end);
    if (at !== null) {
      const record = joints.archives[(joints.all[at]?.archive ?? 0) - 1] as ArchiveRow;
      const { hash: _, ...link } = record;
      yield { kind: 'archive', link, previous: joints.previousOf(at) };
      next = record.beforeSequence;
      from = at + 1;
    }
    const count = Math.min(joints.all.length, end.joints);
    for (let nth = from < 0 ? count : from; nth < count && joints.all[nth]?.beforeSequence === next; nth++)
      yield (joints.all[nth] as (typeof joints.all)[number]).step();
    row = next > end.sequence ? null : pages.at(next);
  }
}

/** Where among the joints the record of the run stands that has a commit, and its hash; null if there is none up to the end. */
function jumpFrom(joints: ChainJoints, { firstSequence, hash }: LinkedRow, end: ChainLinkPlace): number | null {
  const record = joints.archives.find((row) => row.firstSequence <= firstSequence && firstSequence <= row.through);
  if (record === undefined || !holdsCommit(record, hash)) return null;
  const at = joints.all.findIndex(({ archive }) => archive === record.number);
  return at < end.joints ? at : null;
}

/** Commits in order, read page by page without bodies. */
class Rows {
  readonly #history: LedgerHistory;
  readonly #through: number;
  #page: VerifiedPage['rows'] = [];
  #nth = 0;

  constructor(history: LedgerHistory, through: number) {
    this.#history = history;
    this.#through = through;
  }

  /** The commit that begins at a sequence. */
  at(sequence: number): LinkedRow {
    const row = this.#page[this.#nth];
    if (row?.firstSequence === sequence) {
      this.#nth++;
      return row;
    }
    const range = { from: sequence, through: this.#through };
    this.#page = this.#history.verifiedPage({ range, partitions: [], verify: true, continues: true }).rows;
    this.#nth = 1;
    return this.#page[0] as LinkedRow;
  }
}

/** The columns that are hashed, and no bodies. */
function toLink({ hash: _, frames, ...columns }: LinkedRow): CommitLink {
  return {
    ...columns,
    frames: frames.map(({ partition, sequence, offset, count, firstTime, lastTime, key, hash }) => ({
      partition,
      sequence,
      offset,
      count,
      firstTime,
      lastTime,
      key,
      hash,
    })),
  };
}
