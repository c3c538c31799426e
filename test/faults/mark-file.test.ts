/** Fault model: processes that store ids and pins in the index of a log are killed with SIGKILL at any moment. What is in the file belongs to the place that it names. */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect, it } from 'vitest';
import { openMarkFile } from '../../src/core/ledger/sqlite/mark-index/open-mark-file.ts';
import { killAfterTest } from '../support/fault-tools.ts';
import { LineReader } from '../support/line-reader.ts';
import { seededForTest } from '../support/seeded.ts';
import { tempDir } from '../support/temp-dir.ts';
import { quick } from '../support/test-size.ts';

const OPEN = new URL('../../dist/modules/core/ledger/sqlite/mark-index/open-mark-file.js', import.meta.url).href;
const IDS = 200;

/** Feeds the file without end, and prints each place that is stored. Another process may be faster. */
const program = (directory: string): string => `
  const { openMarkFile } = await import(${JSON.stringify(OPEN)});
  const store = openMarkFile(${JSON.stringify(directory)}, 'uuid');
  for (;;) {
    const from = store.fed();
    const position = (from?.position ?? 0) + 1;
    const ids = Array.from({ length: ${IDS} }, (_, index) => ({ id: position + '-' + index, index, hash: Buffer.alloc(32) }));
    const pins = [{ session: 's' + position, partition: 0, lastSeen: 0, lastSeenBefore: null }];
    const marks = { ids, pins, firstSequence: 1, epoch: 1, timeShift: 0, isForEver: false };
    if (store.feed([marks], from, { position, sequence: position, hash: Buffer.alloc(32) })) process.stdout.write(position + '\\n');
  }`;

it('holds exactly what belongs to its place, however often two processes are killed', async () => {
  const chance = seededForTest();
  const directory = tempDir();
  let printed = 0;
  for (let round = 0; round < quick(2, 40); round++) {
    const children = [0, 1].map(() => spawn(process.execPath, ['--input-type=module', '--eval', program(directory)]));
    const ends = children.map((child) => once(child, 'close'));
    for (const child of children) killAfterTest(child);
    const lines = await Promise.all(children.map(({ stdout }) => new LineReader(stdout).take(chance.between(1, 8))));
    for (const child of children) child.kill('SIGKILL');
    await Promise.all(ends);
    printed = Math.max(printed, ...lines.flat().map(Number));
    const store = openMarkFile(directory, 'uuid');
    const { position } = store.fed() ?? { position: 0 };
    expect(position).toBeGreaterThanOrEqual(printed);
    expect(store.sessions).toBe(position);
    for (let place = 1; place <= position; place++)
      for (const id of [`${place}-0`, `${place}-${IDS - 1}`]) expect(store.idOf(id), id).toBeDefined();
    expect(store.idOf(`${position + 1}-0`)).toBeUndefined();
    expect(store.pinOf(`s${position + 1}`)).toBeUndefined();
    store.close();
  }
  expect(printed).toBeGreaterThan(0);
});
