/** Positions outside the chain that are past its end: the ledger was truncated, and the tables were not. */

import Database from 'better-sqlite3';
import { expect, it } from 'vitest';
import { type Completengine, stickyBy } from '../../src/index.ts';
import { failureOf, ledgerPath, openEngine } from '../support/engines.ts';

const LINES = [1, 2, 3].map((n) => `{"id":${n},"s":"session${n}"}\n`);

/** Past the engine. */
function tamper(ledger: string, ...statements: readonly string[]): void {
  const db = new Database(ledger);
  try {
    db.pragma('foreign_keys = OFF');
    for (const sql of statements) expect(db.prepare(sql).run().changes, sql).toBeGreaterThan(0);
  } finally {
    db.close();
  }
}

/** The last commit and its frame: what is left is a ledger of two events, and its chain is sound. */
const CUT_OFF = ['DELETE FROM commits WHERE first_sequence = 3', 'DELETE FROM p0 WHERE sequence = 3'];

interface Kind {
  readonly options?: Parameters<typeof openEngine>[0];
  readonly producer?: string;
  readonly consume?: (engine: Completengine) => Promise<void>;
  readonly fact: RegExp;
}

async function consume(engine: Completengine): Promise<void> {
  await (await engine.subscribe({ group: 'g', until: { head: true } }, () => {})).finished;
}

async function parkAll(engine: Completengine): Promise<void> {
  const onlyOnce = { group: 'g', maxDeliver: 1, batch: 1, until: { head: true }, onParked: () => {} } as const;
  const subscription = await engine.subscribe(onlyOnce, () => Promise.reject(new Error('never')));
  await subscription.finished;
}

const KINDS: Readonly<Record<string, Kind>> = {
  'a producer': {
    producer: 'feeder',
    fact: /producer 'feeder' stands at position 72, and its commit at sequence 3 is not in the ledger/,
  },
  'a group': { consume, fact: /group 'g' goes on from sequence 4 of partition 0, and the chain ends at sequence 2/ },
  'parked events': { consume: parkAll, fact: /group 'g' (goes on from|has parked) sequence [34]/ },
  'unique ids': { options: { unique: 'id' }, fact: /there are 1 unique ids of events that are not in the ledger/ },
  'pins of sessions': {
    options: { routing: stickyBy('s') },
    fact: /the pins of sessions are not: that of 'session3'/,
  },
};

async function ledgerOf({ options, producer, consume: work }: Kind): Promise<string> {
  const ledger = ledgerPath();
  const engine = await openEngine({ ledger, partitions: 1, ...options });
  // one commit for each run of the producer, each with one line more
  for (let n = 1; n <= LINES.length; n++) {
    const lines = producer === undefined ? LINES.slice(n - 1, n) : LINES.slice(0, n);
    await engine.ingest(
      [
        {
          name: 'input',
          open: async function* () {
            yield lines.join('');
          },
        },
      ],
      producer === undefined ? {} : { producer },
    );
  }
  await work?.(engine);
  await engine.close();
  return ledger;
}

it.each(Object.entries(KINDS))(
  'verify refuses %s ahead of the chain, and passes what was not cut off',
  async (_, kind) => {
    const ledger = await ledgerOf(kind);
    const sound = await openEngine({ ledger, access: 'read' });
    expect(await sound.verify()).toMatchObject({ events: 3 });
    await sound.close();
    tamper(ledger, ...CUT_OFF);
    const engine = await openEngine({ ledger, access: 'read' });
    const { message } = await failureOf(() => engine.verify(), 'VERIFICATION_FAILED');
    expect(message).toMatch(kind.fact);
  },
);

it('a producer does not continue from a position whose commit was cut off: its lines would be lost', async () => {
  const ledger = await ledgerOf(KINDS['a producer'] as Kind);
  tamper(ledger, ...CUT_OFF);
  const engine = await openEngine({ ledger });
  const again = () =>
    engine.ingest(
      [
        {
          name: 'input',
          open: async function* () {
            yield LINES.join('');
          },
        },
      ],
      { producer: 'feeder' },
    );
  const { message } = await failureOf(again, 'VERIFICATION_FAILED');
  expect(message).toMatch(KINDS['a producer']?.fact as RegExp);
  expect(await engine.head()).toMatchObject({ sequence: 2 });
});

it.each([
  ['further than its commit', 'UPDATE producers SET position = position + 1'],
  ['behind its commit', 'UPDATE producers SET position = position - 1'],
  ['with another digest', 'UPDATE producers SET digest = zeroblob(64)'],
  ['by another commit', 'UPDATE producers SET sequence = 1'],
])('neither verify nor its next run takes a producer that stands %s', async (_, sql) => {
  const ledger = await ledgerOf(KINDS['a producer'] as Kind);
  tamper(ledger, sql);
  const engine = await openEngine({ ledger });
  await failureOf(() => engine.verify(), 'VERIFICATION_FAILED');
  await failureOf(
    () =>
      engine.ingest(
        [
          {
            name: 'input',
            open: async function* () {
              yield LINES.join('');
            },
          },
        ],
        { producer: 'feeder' },
      ),
    'VERIFICATION_FAILED',
  );
});

it.each([
  ['a producer that no commit names', "INSERT INTO producers VALUES ('other', 1, zeroblob(64), 1)"],
  ['no producer', 'DELETE FROM producers'],
  ['a name that is none', "UPDATE producers SET name = 'x' || char(27) || '[2J'"],
])('verify refuses %s', async (_, sql) => {
  const ledger = await ledgerOf(KINDS['a producer'] as Kind);
  tamper(ledger, sql);
  const engine = await openEngine({ ledger });
  const { message } = await failureOf(() => engine.verify(), 'VERIFICATION_FAILED');
  expect(message).not.toContain('\u001b');
});

it.each([
  ['behind its sequence', 'UPDATE cursors SET next_offset = 1'],
  ['ahead of its sequence', 'UPDATE cursors SET next_offset = 9'],
  ['ahead of the ledger', 'UPDATE cursors SET next_sequence = 9'],
])('verify refuses a cursor that stands %s', async (_, sql) => {
  const ledger = await ledgerOf(KINDS['a group'] as Kind);
  tamper(ledger, sql);
  const engine = await openEngine({ ledger, access: 'read' });
  await failureOf(() => engine.verify(), 'VERIFICATION_FAILED');
});

it('verify takes commits that come while it walks for what they are', async () => {
  const ledger = await ledgerOf(KINDS['a producer'] as Kind);
  const engine = await openEngine({ ledger });
  const line = '{"id":4,"s":"session4"}\n';
  let hasRun = false;
  const source = {
    name: 'input',
    open: async function* () {
      yield [...LINES, line].join('');
    },
  };
  const emissions: Promise<unknown>[] = [];
  const onProgress = (): void => {
    if (!hasRun) emissions.push(engine.ingest([source], { producer: 'feeder' }), consume(engine));
    hasRun = true;
  };
  expect(await engine.verify({ onProgress })).toMatchObject({ events: 3 });
  await Promise.all(emissions);
  expect(emissions).toHaveLength(2);
  expect(await engine.verify()).toMatchObject({ events: 4 });
});

it('a parked event that is missing is not exchanged for the next one', async () => {
  const ledger = ledgerPath();
  const engine = await openEngine({ ledger, partitions: 1 });
  for (let n = 1; n <= 5; n++) await engine.emit({ n });
  await parkAll(engine);
  tamper(ledger, 'DELETE FROM commits WHERE first_sequence = 2', 'DELETE FROM p0 WHERE sequence = 2');
  expect(await engine.redeliver('g', [2])).toBe(1);
  const delivered: number[] = [];
  const subscription = await engine.subscribe(
    { group: 'g' },
    ({ firstSequence }) => void delivered.push(firstSequence),
  );
  const { message } = await failureOf(() => subscription.finished, 'VERIFICATION_FAILED');
  expect(message).toMatch(/group g has parked sequence 2 of partition 0, but the ledger has no such event/);
  expect(delivered).toEqual([]);
});
