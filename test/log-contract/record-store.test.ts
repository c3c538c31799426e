/** Laws of a store of records, for every one. */

import { describe, expect, it } from 'vitest';
import type { RecordStore, StoredRecord } from '../../src/core/ledger/log/record-store.ts';
import { STORES, type StoreFactory } from './stores.ts';

async function openOne(store: StoreFactory): Promise<RecordStore> {
  const [one] = await store.open(1);
  return one as RecordStore;
}

/** Writes a record that must not be there. */
async function create(store: RecordStore, key: string, value = '{}'): Promise<StoredRecord> {
  const record = await store.put(key, value, 0);
  expect(record, key).not.toBeNull();
  return record as StoredRecord;
}

/** Repeats a reading until it is as new as a write that it may be older than. */
async function eventually<Value>(read: () => Promise<Value>, isNew: (value: Value) => boolean): Promise<Value> {
  for (;;) {
    const value = await read();
    if (isNew(value)) return value;
  }
}

describe.each(STORES)('a record in $name', (factory) => {
  it('is what was written, with a revision and a time, and is not there before', async () => {
    const store = await openOne(factory);
    expect(await store.get('g.61')).toBeNull();
    const value = '{"a":"\\u0000 é 𝄞","b":[1,2]}';
    const written = await create(store, 'g.61', value);
    expect(written).toMatchObject({ key: 'g.61', value });
    expect(Number.isSafeInteger(written.revision) && written.revision > 0).toBe(true);
    expect(Number.isSafeInteger(written.writtenAt)).toBe(true);
    expect(
      await eventually(
        () => store.get('g.61'),
        (record) => record !== null,
      ),
    ).toEqual(written);
  });

  it('changes under its present revision alone', async () => {
    const store = await openOne(factory);
    const first = await create(store, 'g.61', '1');
    expect(await store.put('g.61', '2', 0)).toBeNull();
    const second = await store.put('g.61', '2', first.revision);
    expect(second).toMatchObject({ key: 'g.61', value: '2' });
    expect(second?.revision).not.toBe(first.revision);
    expect(await store.put('g.61', '3', first.revision)).toBeNull();
    expect(await store.put('g.62', '3', first.revision), 'another record').toBeNull();
    expect(
      await eventually(
        () => store.get('g.61'),
        (record) => record?.value === '2',
      ),
    ).toEqual(second);
  });

  it('gets another revision also where the same is written, and where it was deleted before', async () => {
    const store = await openOne(factory);
    const revisions = new Set<number>();
    let record = await create(store, 'c.61.0');
    for (let round = 0; round < 3; round++) {
      revisions.add(record.revision);
      record = (await store.put('c.61.0', '{}', record.revision)) as StoredRecord;
      revisions.add(record.revision);
      expect(await store.delete('c.61.0', record.revision)).toBe(true);
      record = await create(store, 'c.61.0');
    }
    revisions.add(record.revision);
    expect(revisions.size).toBe(7);
  });

  it('is deleted under its present revision alone', async () => {
    const store = await openOne(factory);
    const first = await create(store, 'k.61.0.7', '1');
    const second = (await store.put('k.61.0.7', '2', first.revision)) as StoredRecord;
    expect(await store.delete('k.61.0.7', first.revision)).toBe(false);
    expect(await store.delete('k.61.0.8', second.revision)).toBe(false);
    expect(await store.delete('k.61.0.7', second.revision)).toBe(true);
    expect(await store.delete('k.61.0.7', second.revision)).toBe(false);
    expect(
      await eventually(
        () => store.get('k.61.0.7'),
        (record) => record === null,
      ),
    ).toBeNull();
    expect(await store.put('k.61.0.7', '3', second.revision), 'a revision of before').toBeNull();
  });

  it('is listed with those whose keys begin with the same tokens, by key, and without deleted ones', async () => {
    const store = await openOne(factory);
    for (const key of ['k.61.1.10', 'k.61.0.5', 'k.62.0.5', 'k.61.10.5', 'g.61', 'k.61.1.9'])
      await create(store, key, `"${key}"`);
    const { revision } = await create(store, 'k.61.1.8');
    await store.delete('k.61.1.8', revision);
    const list = async (prefix: string, length: number) =>
      (
        await eventually(
          () => store.list(prefix),
          (records) => records.length === length,
        )
      ).map(({ key, value }) => [key, value]);
    const listed = (...keys: string[]) => keys.map((key) => [key, `"${key}"`]);
    expect(await list('k.61.', 4)).toEqual(listed('k.61.0.5', 'k.61.1.10', 'k.61.1.9', 'k.61.10.5'));
    expect(await list('k.61.1.', 2)).toEqual(listed('k.61.1.10', 'k.61.1.9'));
    expect(await list('g.', 1)).toEqual(listed('g.61'));
    expect(await list('k.63.', 0)).toEqual([]);
  });

  it('can be as large as 512 KiB', async () => {
    const store = await openOne(factory);
    const value = JSON.stringify('é'.repeat(256 * 1024 - 1));
    await create(store, 'g.61', value);
    expect(
      (
        await eventually(
          () => store.get('g.61'),
          (record) => record !== null,
        )
      )?.value,
    ).toBe(value);
  });
});

describe.each(STORES)('several connections to $name', (factory) => {
  it('change a counter under its revision, and lose no step', async () => {
    const [STEPS, CONNECTIONS] = [20, 4];
    const stores = await factory.open(CONNECTIONS);
    const [first] = stores as readonly [RecordStore];
    await create(first, 'c.61.0', '0');
    const count = async (store: RecordStore) => {
      for (let step = 0; step < STEPS; ) {
        const record = await store.get('c.61.0');
        if (record === null) continue;
        if ((await store.put('c.61.0', String(Number(record.value) + 1), record.revision)) !== null) step++;
      }
    };
    await Promise.all(stores.map(count));
    const value = String(STEPS * CONNECTIONS);
    expect(
      await eventually(
        () => first.get('c.61.0'),
        (record) => record?.value === value,
      ),
    ).toMatchObject({ value });
  });

  it('have one that creates a record, and one clock', async () => {
    const stores = await factory.open(3);
    const created = await Promise.all(stores.map((store) => store.put('t', '{}', 0)));
    expect(created.filter((record) => record !== null)).toHaveLength(1);
    let last = created.find((record) => record !== null) as StoredRecord;
    for (const store of stores) {
      const next = (await store.put('t', '{}', last.revision)) as StoredRecord;
      expect(next.writtenAt).toBeGreaterThanOrEqual(last.writtenAt);
      last = next;
    }
  });
});
