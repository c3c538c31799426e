/** The documents of a ledger: the overview and a sample say the same of the same things, and are plain data. */

import { expect, test } from 'vitest';
import { takeSample } from '../../src/cli/watch/sample.ts';
import { type Completengine, hashOf, systemClock } from '../../src/index.ts';
import { type LedgerDocument, overviewDocument, sampleDocument } from '../../src/views/ledger-document.ts';
import { partitionListDocument } from '../../src/views/partition-document.ts';
import { RateMeter } from '../../src/views/rates.ts';
import { reroutePreviewDocument, routingChangeDocument } from '../../src/views/routing-document.ts';
import { earthquakeEngine, openEngine } from '../support/engines.ts';

async function bothOf(engine: Completengine): Promise<[LedgerDocument, LedgerDocument]> {
  const description = await engine.inspect();
  const sample = await takeSample(engine, null);
  return [
    overviewDocument(description, { groups: sample.groups, late: null, now: sample.now }),
    sampleDocument(sample, new RateMeter().take(sample)),
  ];
}

/** A lane without what only a watch can say of it. */
const common = (lane: object): object => ({ ...lane, unmovedMs: undefined });

/** What both documents say; the partitions and the storage of the overview say more. */
function shared({ partitions, storage, ...document }: LedgerDocument): object {
  const { path, uuid, createdAt, head, events, firstTime, lastTime, config, routing, producers, transfers, groups } =
    document;
  return {
    path,
    uuid,
    createdAt,
    head,
    events,
    firstTime,
    lastTime,
    config,
    routing,
    producers,
    transfers,
    groups: groups.map(({ name, lag, parked, members, partitions: lanes }) => [
      name,
      lag,
      parked,
      members,
      lanes.map(common),
    ]),
    partitions: partitions.map(({ id, name, events: count, share, lastTime: last }) => [id, name, count, share, last]),
    storage: { bytes: storage.bytes, log: storage.log },
  };
}

test.each(['empty', 'used'])('the overview of a ledger and a sample of it agree: %s', async (state) => {
  const engine = state === 'empty' ? await openEngine() : await earthquakeEngine();
  if (state === 'used') {
    const group = await engine.subscribe({ group: 'g', from: 'start', until: { limit: 10 } }, () => {});
    await group.finished;
  }
  const [overview, sample] = await bothOf(engine);
  expect(shared(sample)).toEqual(shared(overview));
  expect(overview.events).toBe(state === 'empty' ? 0 : 1707);
});

test('documents survive JSON: no undefined, no NaN, no dates, no maps', async () => {
  const engine = await earthquakeEngine();
  const documents = [
    ...(await bothOf(engine)),
    partitionListDocument(
      ...(Object.values(await engine.partitioning.list()) as Parameters<typeof partitionListDocument>),
    ),
    reroutePreviewDocument(await engine.partitioning.previewReroute(hashOf('properties.type'))),
    routingChangeDocument(await engine.partitioning.add(['p8'])),
  ];
  for (const document of documents) expect(JSON.parse(JSON.stringify(document))).toStrictEqual(document);
});

test('a change of routing says what is new, what ended and what moves', async () => {
  const engine = await openEngine({ routing: 'hash:k', partitions: 2 });
  const added = routingChangeDocument(await engine.partitioning.add(['p2']));
  expect(added).toMatchObject({ isChanged: true, newPartitions: ['p2'], newPlacements: [], routedBy: 'key' });
  expect(added.movedShare).toBeCloseTo(2 / 3, 2);
  const placed = routingChangeDocument(await engine.partitioning.place([{ key: 'a', partition: 'p0' }]));
  expect(placed).toMatchObject({ newPlacements: [{ key: 'a', partition: 'p0' }], endedPlacements: 0, movedShare: 0 });
  const again = routingChangeDocument(await engine.partitioning.place([{ key: 'b', partition: 'p1' }]));
  expect(again.newPlacements).toEqual([{ key: 'b', partition: 'p1' }]);
  expect(again.placements).toHaveLength(2);
  const other = routingChangeDocument(await engine.partitioning.reroute(hashOf('other')));
  expect(other).toMatchObject({ placements: [], endedPlacements: 2, movedShare: 0, before: { rule: 'hash:k' } });
});

test('the time until a lease expires is counted from the time of the document', async () => {
  const engine = await openEngine();
  const now = systemClock.nowMicros();
  const member = (name: string, seconds: number) => ({ name, expiresAt: now + seconds * 1e6, isAlive: seconds > 0 });
  const group = { name: 'g', createdAt: now, lag: 0, oldestTime: null, parked: 0, lanes: [] };
  const { groups } = overviewDocument(await engine.inspect(), {
    groups: [{ ...group, members: [member('one', 3), member('two', -2)] }],
    late: null,
    now,
  });
  expect(groups[0]?.members.map(({ expiresInMs }) => expiresInMs)).toEqual([3000, -2000]);
});
