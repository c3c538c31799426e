/** Laws of backups, for every storage that can make them; the others refuse by name. */

import { afterAll, describe, expect, it } from 'vitest';
import type { Ledger } from '../../src/core/ledger/ledger.ts';
import { draftOf, readAll } from './drafts.ts';
import { openNew, STORAGES, stopStorages } from './drivers.ts';

afterAll(stopStorages);

const event = (payload: string, time: number) => ({ payload, time, partition: 0 });

describe.each(STORAGES)('$name: a backup', (storage) => {
  it('is the ledger as of one head, checked before it is there; or UNSUPPORTED', async () => {
    const driver = await storage.builtDriver?.();
    const ledger = await openNew({ ...storage, driver: driver ?? storage.driver });
    await ledger.commit(draftOf(await ledger.basis(), [event('1', 5), event('2', 6)]));
    const target = await storage.location();
    const checked: string[] = [];
    const check = async (copy: Ledger, head: { sequence: number; hash: string }) => {
      expect(await storage.driver.exists(target)).toBe(false);
      checked.push(...(await readAll(copy)).map(({ payload }) => payload));
      return copy.verify({ anchor: head });
    };
    const backup = ledger.backup(target, { check });
    if (driver === undefined) {
      await expect(backup).rejects.toMatchObject({ code: 'UNSUPPORTED' });
      return;
    }
    expect(await backup).toMatchObject({ path: target, head: await ledger.head(), events: 2, commits: 1 });
    expect(checked).toEqual(['1', '2']);
    expect(await storage.driver.exists(target)).toBe(true);
    await expect(ledger.backup(target, { check })).rejects.toMatchObject({ code: 'LEDGER_EXISTS' });
  });

  it('that its check refuses is not there', async () => {
    const driver = await storage.builtDriver?.();
    if (driver === undefined) return;
    const ledger = await openNew({ ...storage, driver });
    const target = await storage.location();
    const check = () => Promise.reject(new Error('refused'));
    await expect(ledger.backup(target, { check })).rejects.toThrow('refused');
    expect(await storage.driver.exists(target)).toBe(false);
  });
});
