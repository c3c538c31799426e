/** Laws of the fold: one state for every reader, whatever is in the log; and nothing that anybody puts there is thrown at the reader. */

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { toBlueprint } from '../../../../src/core/engine/open.ts';
import type { Fold, Folded } from '../../../../src/core/ledger/log/fold/fold.ts';
import { encodeInit } from '../../../../src/core/ledger/log/format/epoch.ts';
import { type BodyStorage, bytesIn, joinDrafts, layOut } from '../../../../src/core/ledger/log/format/lay-out.ts';
import { encodeMarks } from '../../../../src/core/ledger/log/format/marks.ts';
import type { Proposal } from '../../../../src/core/ledger/log/format/messages.ts';
import { plainBodyOf } from '../../../../src/core/ledger/log/format/plain-body.ts';
import { encodeProposal, packDrafts, readProposal } from '../../../../src/core/ledger/log/format/proposal.ts';
import type { SealHeader } from '../../../../src/core/ledger/log/format/seal.ts';
import { cutState, encodeSeal, joinState, readSealHeader } from '../../../../src/core/ledger/log/format/seal.ts';
import type { LogEntry, LogMessage } from '../../../../src/core/ledger/log/ordered-log.ts';
import type { Compression } from '../../../../src/core/model/compression.ts';
import { LOG_LAYOUTS, type LogLayout } from '../../../../src/core/model/config.ts';
import type { CommitDraft } from '../../../../src/core/model/events/commit.ts';
import { NO_PLACEMENTS } from '../../../../src/core/model/routing/routing.ts';
import { parseRoutingSpec } from '../../../../src/core/model/routing/routing-text.ts';
import { draftOf } from '../../../ledger-contract/drafts.ts';
import { type FoldedLog, foldAll, foldWithRestart } from '../../../support/folded-log.ts';
import { inForce } from '../../../support/routed.ts';
import { Seeded } from '../../../support/seeded.ts';
import { quick } from '../../../support/test-size.ts';
import { rubbish } from '../../../support/unreliable-log.ts';

const UUID = '11111111-1111-4111-8111-111111111111';
const BASIS = {
  ...inForce({ spec: parseRoutingSpec('hash'), partitionIds: [0, 1] }),
  floor: 0,
  sessions: null,
  placements: NO_PLACEMENTS,
};
const initOf = (layout: LogLayout) => encodeInit(toBlueprint({ partitions: 2, layout }), UUID, 0);
const EVERY = { messages: 8, bytes: 1 << 20 };

const toMessages = (entries: readonly LogEntry[], layout: LogLayout = 'packed'): LogMessage[] =>
  [initOf(layout), ...entries].map((entry, at) => ({
    ...entry,
    position: at + 1,
    storedAt: at,
    bodyBytes: entry.body.length,
  }));

/** What writers send who look at the log now and then: each knows the head of a prefix. */
class Sender {
  readonly storage: BodyStorage;
  /** What was sent, each as the messages that go together. */
  readonly sent: (readonly LogEntry[])[] = [];
  readonly #next = new Map<string, { generation: number; number: number }>();
  readonly #reader: Fold;
  #seen: Fold['seen'];

  constructor(storage: BodyStorage = { layout: 'packed', compression: null }) {
    this.storage = storage;
    this.#reader = foldAll(toMessages([], storage.layout), EVERY).fold;
    this.#seen = this.#reader.seen;
  }

  get entries(): LogEntry[] {
    return this.sent.flat();
  }

  look(): void {
    for (const message of toMessages(this.entries, this.storage.layout).slice(this.#reader.state.position))
      this.#reader.take(message);
    this.#seen = this.#reader.seen;
  }

  send(session: string, draft: CommitDraft, skips: number): void {
    const { generation, number } = this.#next.get(session) ?? { generation: 0, number: 0 };
    // a writer that has lost its turn begins another generation
    const who = skips > 1 ? { generation: generation + 1, number: 0 } : { generation, number: number + skips };
    this.#next.set(session, { generation: who.generation, number: who.number + 1 });
    const packed = packDrafts(layOut(draft, this.storage), this.storage.layout);
    const own = encodeProposal(packed, {
      ledger: UUID,
      who: { session, ...who },
      epoch: draft.epoch,
      isStrict: draft.isLateRefused,
      seen: this.#seen,
      base: null,
    });
    this.sent.push([...packed.before, own]);
  }

  again(...entries: LogEntry[]): void {
    if (entries.length > 0) this.sent.push(entries);
  }
}

const events = fc.array(fc.record({ partition: fc.nat(1), step: fc.nat(3) }), { minLength: 1, maxLength: 3 });
const actions = fc.array(
  fc.oneof(
    {
      weight: 4,
      arbitrary: fc.record({
        kind: fc.constant('send' as const),
        session: fc.constantFrom('a', 'b', 'c'),
        first: fc.nat(20),
        events,
        strict: fc.boolean(),
        skips: fc.constantFrom(0, 0, 0, 0, 1, 2),
        producer: fc.option(fc.nat(2)),
      }),
    },
    {
      weight: 2,
      arbitrary: fc.record({ kind: fc.constant('again' as const), at: fc.nat(), part: fc.option(fc.nat(3)) }),
    },
    { weight: 2, arbitrary: fc.record({ kind: fc.constant('rubbish' as const), at: fc.nat(), seed: fc.nat() }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('look' as const) }) },
  ),
  { maxLength: 40 },
);

/** Behind each of a hundred commits: together more messages than there are between two seals, 4096. */
const STRAYS = quick(50, 100);

type Actions = typeof actions extends fc.Arbitrary<infer Value> ? Value : never;

/** Frames are long enough to be compressed. */
const ZSTD: Compression = { codec: 'zstd', level: 1 };
const STORAGES = LOG_LAYOUTS.flatMap((layout) =>
  [null, ZSTD].map((compression): BodyStorage => ({ layout, compression })),
);

function messagesOf(all: Actions, storage: BodyStorage): LogMessage[] {
  const sender = new Sender(storage);
  for (const action of all) {
    if (action.kind === 'look') sender.look();
    else if (action.kind === 'send') {
      let time = action.first;
      const drafted = action.events.map(({ partition, step }, at) => {
        time += step;
        return { partition, time, payload: `${at}` };
      });
      const { producer: from } = action;
      const producer =
        from === null ? {} : { producer: { name: 'p', from, position: from + 1, digest: Buffer.alloc(64, from) } };
      sender.send(action.session, draftOf(BASIS, drafted, { isLateRefused: action.strict, ...producer }), action.skips);
    } else {
      const chosen = sender.sent[action.at % Math.max(1, sender.sent.length)];
      if (chosen === undefined) continue;
      if (action.kind === 'rubbish') sender.again(rubbish(chosen.at(-1) as LogEntry, new Seeded(action.seed)));
      else sender.again(...(action.part === null ? chosen : chosen.slice(action.part)));
    }
  }
  return toMessages(sender.entries, storage.layout);
}

describe.each(STORAGES)('a fold of a $layout ledger, compressed by $compression.codec', (storage) => {
  const { layout } = storage;

  it('has one state for every reader, wherever it begins again', () => {
    fc.assert(
      fc.property(actions, fc.nat(), (all, at) => {
        const messages = messagesOf(all, storage);
        const { fold, text } = foldAll(messages, EVERY);
        expect(foldWithRestart(messages, 1 + (at % messages.length), EVERY)).toBe(text);
        expect(fold.state.position).toBe(messages.length);
      }),
      { numRuns: quick(40, 2000) },
    );
  });

  it('does not need bodies', () => {
    fc.assert(
      fc.property(actions, (all) => {
        const messages = messagesOf(all, storage);
        const [first, ...rest] = messages as [LogMessage, ...LogMessage[]];
        const bare = rest.map((message) =>
          message.topic === 'epoch' ? message : { ...message, body: Buffer.alloc(0) },
        );
        expect(foldAll([first, ...bare], EVERY).text).toBe(foldAll(messages, EVERY).text);
      }),
      { numRuns: quick(20, 500) },
    );
  });

  it('counts a message once and none behind a void one, keeps sequences dense and time monotonic', () => {
    let voids = 0;
    fc.assert(
      fc.property(actions, (all) => {
        const { folded, fold } = foldAll(messagesOf(all, storage), EVERY);
        const turns = new Map<string, { generation: number; number: number }>();
        const ended = new Set<string>();
        let [next, time] = [1, Number.NEGATIVE_INFINITY];
        for (const each of folded) {
          if (each.kind === 'void') voids++;
          if (each.kind === 'void' && each.who !== null && !['stale', 'old'].includes(each.reason))
            ended.add(`${each.who.session}.${each.who.generation}`);
          if (each.kind !== 'commits') continue;
          const { session, generation, number } = each.who;
          expect(ended.has(`${session}.${generation}`)).toBe(false);
          const before = turns.get(session) ?? { generation: -1, number: -1 };
          expect(number).toBe(generation === before.generation ? before.number + 1 : 0);
          expect(generation).toBeGreaterThanOrEqual(before.generation);
          turns.set(session, { generation, number });
          for (const { link } of each.commits) {
            expect(link.firstSequence).toBe(next);
            expect(link.firstTime).toBeGreaterThanOrEqual(time);
            [next, time] = [next + link.count, link.lastTime];
          }
        }
        expect(fold.state.ledger.sequence).toBe(next - 1);
        expect([...fold.state.voids.values()].reduce((sum, count) => sum + count, 0)).toBe(
          folded.filter(({ kind }) => kind === 'void').length + (fold.state.voids.get('unlinked') ?? 0),
        );
      }),
      { numRuns: quick(40, 2000) },
    );
    expect(voids).toBeGreaterThan(0);
  });

  it('gives every reader one head behind thousands of strays, repeats and pieces of rubbish', () => {
    const sender = new Sender(storage);
    const chance = new Seeded(1);
    for (let commit = 0; commit < 100; commit++) {
      if (commit % 10 === 0) sender.look();
      sender.send(
        'abc'[commit % 3] as string,
        draftOf(BASIS, [
          { partition: commit % 2, time: commit, payload: `${commit}` },
          // framed, a commit of several frames has messages that can be lost or repeated alone
          ...(commit % 3 === 0 ? [{ partition: 1 - (commit % 2), time: commit, payload: `${commit} b` }] : []),
        ]),
        0,
      );
      for (let stray = 0; stray < STRAYS; stray++) {
        const entries = chance.pick(sender.sent.slice(-300));
        const entry = chance.pick(entries);
        if (chance.unit() < 0.5) sender.again(...(chance.unit() < 0.5 ? entries : [entry]));
        else sender.again(rubbish(entry, chance));
      }
    }
    const messages = toMessages(sender.entries, layout);
    const whole = foldAll(messages);
    expect(whole.fold.state).toMatchObject({ commits: 100, ledger: { sequence: 134 } });
    const reasons = ['foreign', 'malformed', 'stale', ...(layout === 'framed' ? ['unlinked'] : [])];
    expect([...whole.fold.state.voids.keys()].sort()).toEqual(reasons);
    expect(foldWithRestart(messages, 4500)).toBe(whole.text);
  });
});

const mixedDraft = fc.record({ events, hasId: fc.boolean(), isCompressed: fc.boolean() });

describe.each(LOG_LAYOUTS)('drafts of a %s ledger that are laid out one by one', (layout) => {
  it('are one proposal with all of their bodies when they are joined', () => {
    fc.assert(
      fc.property(fc.array(mixedDraft, { minLength: 1, maxLength: 5 }), (all) => {
        const drafts = all.map(({ events: drafted, hasId }, nth) => {
          const ids = hasId ? [{ id: `id${nth}`, index: 0, hash: Buffer.alloc(32, nth) }] : [];
          const each = drafted.map(({ partition }, at) => ({ partition, time: nth, payload: `"${nth}.${at}"` }));
          return draftOf(BASIS, each, { ids });
        });
        const parts = drafts.map((draft, nth) =>
          layOut(draft, { layout, compression: all[nth]?.isCompressed === true ? ZSTD : null }),
        );
        const joined = packDrafts(joinDrafts(parts), layout);
        const about = { ledger: UUID, who: { session: 'a', generation: 0, number: 0 }, epoch: 1, isStrict: true };
        const seen = { position: 1, sequence: 0, hash: Buffer.alloc(32) };
        const entry = encodeProposal(joined, { ...about, seen, base: null });
        const position = 2 + joined.before.length;
        const read = readProposal(
          { ...entry, position, storedAt: 0, bodyBytes: entry.body.length },
          layout,
        ) as Proposal;
        const bodies = read.commits.map(({ frames }) =>
          frames.map((frame) => plainBodyOf(bytesIn(joined, frame.stored), frame, false).toString()),
        );
        expect(bodies).toEqual(drafts.map(({ frames }) => frames.map((frame) => frame.body.toString())));
        const marks = read.commits.map(({ marks: span }) => span && bytesIn(joined, span).toString());
        expect(marks).toEqual(drafts.map((draft) => encodeMarks(draft)?.toString() ?? null));
      }),
      { numRuns: quick(60, 3000) },
    );
  });
});

describe.each(LOG_LAYOUTS)('compression in a %s ledger', (layout) => {
  it('changes no head, and nothing of what becomes of a message', () => {
    let compressed = 0;
    fc.assert(
      fc.property(actions, (all) => {
        const [plain, zstd] = [null, ZSTD].map((compression) => foldAll(messagesOf(all, { layout, compression })));
        const summaryOf = (folded: readonly Folded[]) =>
          folded.map((each) => [each.kind, each.kind === 'void' && each.reason]);
        expect(zstd?.fold.seen).toEqual(plain?.fold.seen);
        expect(summaryOf(zstd?.folded ?? [])).toEqual(summaryOf(plain?.folded ?? []));
        const sizes = ({ fold }: FoldedLog) => fold.state.partitions.map(({ bytes }) => bytes);
        expect(sizes(zstd as FoldedLog)).toEqual(sizes(plain as FoldedLog));
        for (const { bytes, storedBytes } of plain?.fold.state.partitions ?? []) expect(storedBytes).toBe(bytes);
        for (const { bytes, storedBytes } of zstd?.fold.state.partitions ?? []) {
          expect(storedBytes).toBeLessThanOrEqual(bytes);
          if (storedBytes < bytes) compressed++;
        }
      }),
      { numRuns: quick(40, 2000) },
    );
    expect(compressed).toBeGreaterThan(0);
  });
});

describe('what a writer says that it has seen', () => {
  const sent = () => {
    const sender = new Sender();
    for (const name of ['a', 'b', 'a']) {
      sender.look();
      sender.send(name, draftOf(BASIS, [{ partition: 0, time: 1, payload: '1' }]), 0);
    }
    return sender.entries;
  };

  it('must be what the messages make', () => {
    const entries = sent();
    expect(foldAll(toMessages(entries)).fold.state.commits).toBe(3);
    const changed = entries.map((entry, at) =>
      at === 2 ? { ...entry, header: entry.header.replace(/("seen":.*"hash":")./, '$1' + 'x') } : entry,
    );
    expect(foldAll(toMessages(changed)).fold.state.voids.get('malformed')).toBe(1);
    const other = entries.map((entry, at) =>
      at === 2 ? { ...entry, header: entry.header.replace(/"sequence":\d+/, '"sequence":7') } : entry,
    );
    expect(() => foldAll(toMessages(other))).toThrow(expect.objectContaining({ code: 'VERIFICATION_FAILED' }));
  });

  it('shows that the log has lost its end', () => {
    const entries = sent();
    const lost = [entries[0] as LogEntry, entries[2] as LogEntry].map((entry, at) =>
      at === 1 ? { ...entry, header: entry.header.replace('"n":1', '"n":1') } : entry,
    );
    expect(() => foldAll(toMessages(lost))).toThrow(expect.objectContaining({ code: 'VERIFICATION_FAILED' }));
  });
});

describe('a message', () => {
  const [entry] = (() => {
    const sender = new Sender();
    sender.send(
      'a',
      draftOf(BASIS, [
        { partition: 0, time: 1, payload: '{"x":"\u{1F600}"}' },
        { partition: 1, time: 2, payload: '2' },
      ]),
      0,
    );
    return sender.entries;
  })() as [LogEntry];
  const message = (header: string): LogMessage => ({
    ...entry,
    header,
    position: 2,
    storedAt: 0,
    bodyBytes: entry.body.length,
  });

  it('with any change of its header is another proposal or none, or shows that its writer has seen another history', () => {
    fc.assert(
      fc.property(fc.nat(), fc.string({ maxLength: 3 }), fc.nat(4), (at, put, cut) => {
        const place = at % entry.header.length;
        const header = entry.header.slice(0, place) + put + entry.header.slice(place + cut);
        const read = readProposal(message(header), 'packed');
        if (typeof read === 'string') expect(read.length).toBeGreaterThan(0);
        try {
          foldAll([...toMessages([]), message(header)]);
        } catch (error) {
          // another head that its writer has seen is no rubbish
          expect(error).toMatchObject({ code: 'VERIFICATION_FAILED', details: { position: 2 } });
        }
      }),
      { numRuns: quick(200, 20_000) },
    );
  });

  it('of any JSON is none', () => {
    fc.assert(
      fc.property(fc.json(), (header) => {
        expect(typeof readProposal(message(header), 'packed')).toBe('string');
        expect(typeof readSealHeader(header)).toBe('string');
      }),
      { numRuns: quick(100, 5000) },
    );
    for (const header of [
      '{"__proto__":{"v":1}}',
      '['.repeat(60_000),
      entry.header.replace('{"v":1', '{"__proto__":1,"v":1'),
      entry.header.replace('"commits":[', '"commits":[null,'),
      entry.header.replace('"count":2', '"count":1e400'),
      entry.header.replace('"count":2', '"count":-0'),
      entry.header.replace('"at":1', '"at":2'),
    ])
      expect(typeof readProposal(message(header), 'packed'), header.slice(0, 60)).toBe('string');
  });

  it('carries its frames as one JSON text', () => {
    const body = JSON.parse(entry.body.toString()) as unknown[][];
    expect(body).toHaveLength(2);
    const read = readProposal(message(entry.header), 'packed') as Proposal;
    for (const { stored } of read.commits[0]?.frames ?? [])
      expect(() => JSON.parse(entry.body.toString('utf8', stored.at, stored.at + stored.bytes))).not.toThrow();
  });
});

describe('a seal', () => {
  it('is cut into parts and joined again, and shows any change', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'grapheme', maxLength: 200 }),
        fc.integer({ min: 1, max: 50 }),
        fc.nat(),
        (text, size, at) => {
          const bodies = cutState(text, size);
          const seen = { position: 1, sequence: 0, hash: Buffer.alloc(32) };
          const { header } = encodeSeal(
            { ledger: UUID, seen, parts: bodies.slice(1).map((_, nth) => nth + 2) },
            text,
            bodies.at(-1) as Buffer,
          );
          const read = readSealHeader(header) as SealHeader;
          expect(joinState(read, bodies)).toBe(text);
          const bytes = Buffer.concat(bodies);
          if (bytes.length === 0) return;
          bytes.writeUInt8(bytes.readUInt8(at % bytes.length) ^ 1, at % bytes.length);
          expect(joinState(read, [bytes])).toBeNull();
        },
      ),
      { numRuns: quick(50, 1000) },
    );
  });
});
