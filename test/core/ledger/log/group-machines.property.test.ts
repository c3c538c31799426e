/** Laws of groups over many machines, over thousands of random orders of their calls; a failing one prints its seed. */

import { expect, it } from 'vitest';
import { GroupWorld } from '../../../support/group-machines.ts';
import { Seeded, seededForTest } from '../../../support/seeded.ts';
import { quick } from '../../../support/test-size.ts';

const RUNS = quick(20, 2000);

it('delivers at least once and in order, never moves a cursor under a lost lease, and neither loses nor doubles parked events', async () => {
  const chance = seededForTest();
  // the seed of one run makes that one alone
  const isOne = process.env['COMPLETENGINE_TEST_SEED'] !== undefined;
  let [parked, redeliveries] = [0, 0];
  const failures = new Set<string>();
  // a run may park or redeliver nothing: it goes on until enough of both was seen, and each way to fail: by the handler, and
  // by the end of the member before and during a delivery
  const isEnough = () => isOne || (Math.min(parked, redeliveries) > RUNS / 2 && failures.size === 3);
  for (let number = 0; number < (isOne ? 1 : RUNS) || !isEnough(); number++) {
    const seed = isOne ? chance.seed : chance.between(0, 2 ** 31 - 1);
    const world = new GroupWorld({ chance: new Seeded(seed), isUnfenced: false });
    try {
      await world.run();
    } catch (error) {
      throw new Error(`run ${number}: COMPLETENGINE_TEST_SEED=${seed} makes it again`, { cause: error });
    }
    parked += world.known.parked.size;
    for (const reason of world.known.failures) failures.add(reason);
    redeliveries += world.known.redeliveries;
  }
});

it('moves cursors under lost leases where the store does not look at their revisions', async () => {
  const failures: string[] = [];
  for (let seed = 1; seed <= 40 && failures.length === 0; seed++) {
    const world = new GroupWorld({ chance: new Seeded(seed), isUnfenced: true });
    await world.run().catch((error) => failures.push((error as Error).message));
  }
  expect(failures.join()).toMatch(/lost lease|stepped back|fence/);
});
