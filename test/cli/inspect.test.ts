import { statSync } from 'node:fs';
import Database from 'better-sqlite3';
import { expect, test } from 'vitest';
import { runCli } from '../support/cli.ts';
import { earthquakes } from '../support/earthquakes.ts';
import { earthquakeLedger, expectFailure, newLedger, PLAIN, succeed } from '../support/ledger-cli.ts';

async function inspected(ledger: string, ...args: string[]) {
  return JSON.parse((await succeed(['inspect', '--json', '-l', ledger, ...args])).stdout.toString());
}

test('shows what a ledger holds', async () => {
  const ledger = await earthquakeLedger();
  const { stdout, stderr } = await succeed(['inspect', '-l', ledger]);
  expect(stderr).toBe('');
  const text = stdout.toString();
  expect(text).toContain(ledger);
  expect(text).toMatch(/^head +1707:[0-9a-f]{64}$/m);
  expect(text).toMatch(/^events +1,707 in \d+ commits?$/m);
  expect(text).toMatch(/^time +2018-01-31T01:49:59\.650000Z to 2018-02-07T01:26:13\.840000Z$/m);
  expect(text).toMatch(/^routing +hash:properties\.net over 8 partitions, epoch 1 from sequence 1$/m);
  expect(text).toMatch(/^time field +properties\.time$/m);
  expect(text).toMatch(/^p2 +419 +24\.5 %/m);
});

test('--json prints the same as one document', async () => {
  const ledger = await earthquakeLedger(...PLAIN);
  const document = await inspected(ledger);
  expect(document).toMatchObject({
    path: ledger,
    format: 1,
    events: 1707,
    firstTime: '2018-01-31T01:49:59.650000Z',
    lastTime: '2018-02-07T01:26:13.840000Z',
    config: {
      time: 'properties.time',
      unique: null,
      durability: 'full',
      determinism: 'strict',
      lineBytesMax: 1_048_576,
      compression: 'none',
    },
    epochs: [
      {
        epoch: 1,
        fromSequence: 1,
        rule: 'hash:properties.net',
        partitions: ['p0', 'p1', 'p2', 'p3', 'p4', 'p5', 'p6', 'p7'],
      },
    ],
    producers: [],
    storage: { durability: 'full', worldReadable: false, settings: { journal_mode: 'wal', synchronous: 2 } },
  });
  expect(document.head).toMatch(/^1707:[0-9a-f]{64}$/);
  expect(
    document.partitions
      .map(({ events }: { events: number }) => events)
      .reduce((sum: number, events: number) => sum + events),
  ).toBe(1707);
});

test('an empty ledger has a head, no times and empty partitions', async () => {
  const document = await inspected(await newLedger('--partitions', '2'));
  expect(document).toMatchObject({ events: 0, commits: 0, firstTime: null, lastTime: null });
  expect(document.head).toMatch(/^0:[0-9a-f]{64}$/);
  expect((await succeed(['inspect', '-l', document.path])).stdout.toString()).toMatch(/^time +none yet$/m);
});

test('shows a row for each group, and the document of --groups with --json', async () => {
  const ledger = await newLedger('--partitions', '2');
  await succeed(['emit', '-q', '-l', ledger], { input: '1\n2\n3\n4\n' });
  expect((await succeed(['inspect', '-l', ledger])).stdout.toString()).not.toMatch(/^group /m);
  await succeed(['tail', '-l', ledger, '-g', 'audit', '--exit-at-head']);
  await succeed(['tail', '-l', ledger, '-g', 'mailer', '-c', '1']);
  expect((await succeed(['inspect', '-l', ledger])).stdout.toString()).toMatch(
    /\n\ngroup {3}lag {2}oldest {2}parked {2}members\nmailer {4}3 +\S.* {7}0 {2}none\naudit {5}0 {15}0 {2}none\n$/,
  );
  const { groups } = await inspected(ledger);
  expect(groups).toMatchObject([
    { name: 'audit', lag: 0, parked: 0 },
    { name: 'mailer', lag: 3, parked: 0, partitions: [{ partition: 'p0' }, { partition: 'p1' }] },
  ]);
  const listed = JSON.parse((await succeed(['group', '--json', '-l', ledger])).stdout.toString());
  for (const each of [...groups, ...listed.groups]) delete each.oldestAgeMs;
  expect(listed.groups).toEqual(groups);
});

test('an invalid name in the file is refused, and not printed: 3', async () => {
  const ledger = await newLedger('--partitions', '1');
  await succeed(['emit', '-q', '-l', ledger], { input: '1\n' });
  await succeed(['tail', '-l', ledger, '-g', 'mailer', '-c', '1']);
  const db = new Database(ledger);
  db.exec(`UPDATE partition SET name = 'x","sequence":999,"y":"' || char(27) || '[2J'`);
  db.close();
  const readers = [
    ['inspect'],
    ['inspect', '--sequence', '1'],
    ['partition'],
    ['tail', '-o', 'pretty'],
    ['replay', '-o', 'envelope'],
    ['emit'],
  ];
  for (const args of readers) {
    const result = await runCli([...args, '-l', ledger], { input: '2\n' });
    expectFailure(result, 3, 'the ledger is damaged: a name is no name that can be: 1 to 64 of a-z 0-9 . _ -');
    expect(result.stdout.toString()).toBe('');
    expect(result.stderr).not.toContain('\u001b');
  }
});

test('--sequence shows one event', async () => {
  const ledger = await earthquakeLedger();
  const quake = earthquakes()[999];
  const { stdout } = await succeed(['inspect', '--sequence', '1000', '-l', ledger]);
  expect(stdout.toString()).toMatch(/^sequence +1000$/m);
  expect(stdout.toString()).toContain(`payload    ${quake?.line}\n`);
  const event = await inspected(ledger, '--sequence', '1000');
  expect(event).toMatchObject({ sequence: 1000, key: quake?.net, payload: quake?.line });
  expect(Date.parse(event.time)).toBe(quake?.ms);
});

test.each(['1708', '0', '-3'])('--sequence %s is refused with 2', async (sequence) => {
  expectFailure(await runCli(['inspect', `--sequence=${sequence}`, '-l', await earthquakeLedger()]), 2, sequence);
});

test('--verify passes an intact ledger', async () => {
  const ledger = await earthquakeLedger();
  const { stdout } = await succeed(['inspect', '--verify', '-l', ledger]);
  expect(stdout.toString()).toMatch(
    /^OK: 1,707 events in \d+ commits?; head 1707:[0-9a-f]{64}; truncation not checked/,
  );
  expect(await inspected(ledger, '--verify')).toMatchObject({ isSound: true, events: 1707, isAnchored: false });
});

test('--expect-head verifies that the ledger extends an earlier head', async () => {
  const ledger = await newLedger();
  const { head: empty } = await inspected(ledger);
  await succeed(['emit', '-l', ledger], { input: '1\n2\n' });
  const { head } = await inspected(ledger);
  await succeed(['emit', '-l', ledger], { input: '3\n' });
  for (const anchor of [empty, head]) {
    expect((await succeed(['inspect', '--expect-head', anchor, '-l', ledger])).stdout.toString()).toContain(
      'extends the expected head',
    );
    expect(await inspected(ledger, '--expect-head', anchor)).toMatchObject({
      isSound: true,
      events: 3,
      isAnchored: true,
    });
  }
});

test('--expect-head fails with 3 for another hash, and for more events than there are', async () => {
  const ledger = await newLedger();
  await succeed(['emit', '-l', ledger], { input: '1\n2\n' });
  const { head } = await inspected(ledger);
  const other = head.replace(/.$/, (digit: string) => (digit === '0' ? '1' : '0'));
  expectFailure(await runCli(['inspect', '--expect-head', other, '-l', ledger]), 3, /head/);
  expectFailure(
    await runCli(['inspect', '--expect-head', head.replace(/^2:/, '3:'), '-l', ledger]),
    3,
    'the ledger ends at sequence 2',
  );
});

test.each(['', '5', 'abc', '2:abc', `02:${'a'.repeat(64)}`, `2:${'g'.repeat(64)}`])(
  '--expect-head %j is not a head',
  async (head) => {
    expectFailure(await runCli(['inspect', `--expect-head=${head}`, '-l', await newLedger()]), 2, 'is not a head');
  },
);

test('--verify names the first changed commit, exit 3, and replay outputs nothing of it', async () => {
  const ledger = await newLedger('--partitions', '1');
  for (const input of ['"first"\n', '"second"\n', '"third"\n']) await succeed(['emit', '-l', ledger], { input });
  const db = new Database(ledger);
  db.exec(`UPDATE p0 SET body = CAST(replace(CAST(body AS TEXT), 'second', 'sekond') AS BLOB) WHERE sequence = 2`);
  db.close();
  expectFailure(await runCli(['inspect', '--verify', '-l', ledger]), 3, /\b2\b/);
  const strict = await runCli(['replay', '-l', ledger]);
  expect(strict.stdout.toString()).toBe('"first"\n');
  expectFailure(strict, 3, /\b2\b/);
  expect((await succeed(['replay', '-l', ledger, '--determinism', 'relaxed'])).stdout.toString()).toBe(
    '"first"\n"sekond"\n"third"\n',
  );
});

test('--sequence cannot be combined with --verify or --expect-head', async () => {
  expectFailure(
    await runCli(['inspect', '--sequence', '1', '--verify', '-l', await newLedger()]),
    2,
    /--sequence|--verify/,
  );
});

test('inspect does not change the ledger', async () => {
  const ledger = await earthquakeLedger();
  const before = statSync(ledger);
  for (const args of [['inspect'], ['inspect', '--verify'], ['partition'], ['replay', '-q'], ['tail']])
    await succeed([...args, '-l', ledger]);
  expect(statSync(ledger).mtimeMs).toBe(before.mtimeMs);
  expect(statSync(ledger).size).toBe(before.size);
});
