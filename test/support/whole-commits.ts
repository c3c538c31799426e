/** Arbitrary runs of whole commits, linked by a chain, as a ledger holds them. */

import fc from 'fast-check';
import { FrameBodyWriter } from '../../src/core/frames/frame-body.ts';
import { hashBody, hashCommit } from '../../src/core/ledger/protocol/chain.ts';
import type { WholeCommit } from '../../src/core/ledger/sqlite/segment/block-codec.ts';

export const UUID = '6f1c5a0e-3c59-4f0e-9f8a-0f5b1c2d3e4f';

/** One event of a commit that is to be made. */
interface EventPlan {
  readonly partition: number;
  readonly wait: number;
  readonly payload: string;
}

export interface CommitPlan {
  readonly events: readonly EventPlan[];
  readonly wait: number;
  readonly skew: number;
  readonly producer: { readonly name: string; readonly step: number } | null;
  readonly sentTo: number | null;
  readonly key: string | null;
}

const eventPlan = fc.record({
  partition: fc.nat(3),
  wait: fc.oneof(fc.constant(0), fc.nat(10_000_000)),
  payload: fc.json({ maxDepth: 2 }),
});

export const commitPlans = (maxLength: number): fc.Arbitrary<CommitPlan[]> =>
  fc.array(
    fc.record({
      events: fc.array(eventPlan, { minLength: 1, maxLength: 6 }),
      wait: fc.oneof(fc.constant(0), fc.nat(1_000_000_000)),
      skew: fc.integer({ min: -1_000_000, max: 1_000_000 }),
      producer: fc.option(fc.record({ name: fc.constantFrom('one', 'two'), step: fc.nat(1000) })),
      sentTo: fc.option(fc.nat(3)),
      key: fc.option(fc.string()),
    }),
    { minLength: 1, maxLength },
  );

export interface ChainStart {
  readonly sequence: number;
  readonly time: number;
  readonly hash: Buffer;
}

/** `hashBefore`: what the hash of the commit at a sequence covers, given that of the commit before it. */
export function toCommits(
  plans: readonly CommitPlan[],
  start: ChainStart,
  hashBefore: (sequence: number, previous: Buffer) => Buffer = (_, previous) => previous,
): WholeCommit[] {
  let { sequence, time, hash } = start;
  const offsets = new Map<number, number>([[0, 5]]);
  const positions = new Map<string, number>();
  return plans.map((plan): WholeCommit => {
    const firstSequence = sequence;
    time += plan.wait;
    const firstTime = time;
    const placed = plan.events.map(({ partition, wait, payload }) => {
      if (sequence > firstSequence) time += wait;
      return { partition, sequence: sequence++, time, payload: Buffer.from(payload) };
    });
    const partitions = [...new Set(placed.map(({ partition }) => partition))].sort((one, other) => one - other);
    const frames = partitions.map((partition) => {
      const own = placed.filter((event) => event.partition === partition);
      const [first, last] = [own[0], own.at(-1)] as [(typeof own)[0], (typeof own)[0]];
      const writer = new FrameBodyWriter();
      for (const event of own)
        writer.append(event.sequence - firstSequence, event.time - first.time, event.payload, 0, event.payload.length);
      const offset = offsets.get(partition) ?? 0;
      offsets.set(partition, offset + own.length);
      const columns = { partition, sequence: firstSequence, offset, count: own.length, key: plan.key };
      return { ...columns, firstTime: first.time, lastTime: last.time, body: writer.take() };
    });
    const { producer } = plan;
    const position = producer === null ? null : (positions.get(producer.name) ?? 0) + producer.step;
    if (producer !== null) positions.set(producer.name, position as number);
    const row = {
      firstSequence,
      count: placed.length,
      firstTime,
      lastTime: time,
      committedAt: time + plan.skew,
      producer: producer?.name ?? null,
      producerPosition: position,
      producerDigest: producer === null ? null : Buffer.alloc(64, producer.step),
      sentTo: plan.sentTo,
    };
    const links = frames.map(({ body, ...frame }) => ({ ...frame, hash: hashBody(body) }));
    hash = hashCommit(hashBefore(firstSequence, hash), UUID, { ...row, frames: links });
    return { row: { ...row, hash }, frames };
  });
}
