/** The borders of the fold's rules: what is just allowed, and what is just not. Every reader must draw them at the same message. */

import { expect, it } from 'vitest';
import { toBlueprint } from '../../../../src/core/engine/open.ts';
import type { Fold, Folded } from '../../../../src/core/ledger/log/fold/fold.ts';
import { encodeInit } from '../../../../src/core/ledger/log/format/epoch.ts';
import { layOut } from '../../../../src/core/ledger/log/format/lay-out.ts';
import { encodeProposal, packDrafts } from '../../../../src/core/ledger/log/format/proposal.ts';
import { NO_PLACEMENTS } from '../../../../src/core/model/routing/routing.ts';
import { parseRoutingSpec } from '../../../../src/core/model/routing/routing-text.ts';
import { draftOf } from '../../../ledger-contract/drafts.ts';
import { foldAll } from '../../../support/folded-log.ts';
import { inForce } from '../../../support/routed.ts';

const UUID = '11111111-1111-4111-8111-111111111111';
const STORAGE = { layout: 'packed', compression: null } as const;
const BASIS = {
  ...inForce({ spec: parseRoutingSpec('hash'), partitionIds: [0, 1] }),
  floor: 0,
  sessions: null,
  placements: NO_PLACEMENTS,
};
/** As docs/FORMAT.md says: messages after which what was seen is old, and a session is forgotten; where that is done; and microseconds. */
const WINDOW = 65_536;
const FORGOTTEN_AT = 4096;
const CLOCK_AHEAD = 60_000_000;

const newFold = (): Fold => {
  const init = encodeInit(toBlueprint({ partitions: 2, layout: 'packed' }), UUID, 0);
  return foldAll([{ ...init, position: 1, storedAt: 0, bodyBytes: init.body.length }]).fold;
};

/** Messages that propose nothing, up to a position. */
function noteThrough(fold: Fold, position: number): void {
  const note = { topic: 'note', header: '', body: Buffer.alloc(0), bodyBytes: 0, storedAt: 0 };
  while (fold.state.position < position) fold.take({ ...note, position: fold.state.position + 1 });
}

interface Sent {
  readonly session?: string;
  readonly generation?: number;
  readonly number?: number;
  readonly seen?: Fold['seen'];
  readonly storedAt?: number;
  readonly committedAt?: number;
}

/** Sends one event; answers what became of it: `commits`, or why it is void. */
function send(fold: Fold, sent: Sent = {}): string {
  const { session = 'a', generation = 0, number = 0, seen = fold.seen, storedAt = 0, committedAt = 0 } = sent;
  const draft = { ...draftOf(BASIS, [{ partition: 0, time: 0, payload: '1' }]), committedAt };
  const entry = encodeProposal(packDrafts(layOut(draft, STORAGE), STORAGE.layout), {
    ledger: UUID,
    who: { session, generation, number },
    epoch: draft.epoch,
    isStrict: false,
    seen,
    base: null,
  });
  const position = fold.state.position + 1;
  const folded: Folded = fold.take({ ...entry, position, storedAt, bodyBytes: entry.body.length });
  return folded.kind === 'void' ? folded.reason : folded.kind;
}

it('a clock may be a minute ahead of that of the log, and not a microsecond more', () => {
  const fold = newFold();
  expect(send(fold, { storedAt: 5, committedAt: 5 + CLOCK_AHEAD })).toBe('commits');
  expect(send(fold, { session: 'b', storedAt: 5, committedAt: 6 + CLOCK_AHEAD })).toBe('clock');
});

it('what was seen 65,536 messages ago counts, and one message later it is old', () => {
  const fold = newFold();
  const { seen } = fold;
  noteThrough(fold, seen.position + WINDOW - 1);
  expect(send(fold, { seen })).toBe('commits');
  expect(send(fold, { session: 'b', seen })).toBe('old');
});

it('a session is known for 65,536 messages, and forgotten at the next position where that is done', () => {
  const [kept, forgotten] = [newFold(), newFold()];
  for (const fold of [kept, forgotten]) {
    noteThrough(fold, FORGOTTEN_AT - 1);
    expect(send(fold)).toBe('commits');
    noteThrough(fold, FORGOTTEN_AT + WINDOW);
  }
  expect(send(kept, { number: 1 })).toBe('commits');
  noteThrough(forgotten, 2 * FORGOTTEN_AT + WINDOW);
  expect(send(forgotten, { number: 1 })).toBe('stale');
});

it('a message counts once, in its turn: a second copy does not, and one that comes too early ends its generation', () => {
  const fold = newFold();
  expect(send(fold)).toBe('commits');
  expect(send(fold)).toBe('stale');
  expect(send(fold, { number: 1 })).toBe('commits');
  expect(send(fold, { number: 3 })).toBe('stale');
  expect(send(fold, { number: 2 })).toBe('stale');
  expect(send(fold, { number: 0 })).toBe('stale');
  expect(send(fold, { generation: 1, number: 1 })).toBe('stale');
  expect(send(fold, { generation: 2 })).toBe('commits');
  expect(send(fold, { generation: 1 })).toBe('stale');
});

it('a void message ends its generation: what was sent behind it does not overtake it', () => {
  const fold = newFold();
  expect(send(fold, { committedAt: CLOCK_AHEAD + 1 })).toBe('clock');
  expect(send(fold, { number: 1 })).toBe('stale');
  expect(send(fold)).toBe('stale');
  expect(send(fold, { generation: 1 })).toBe('commits');
});
