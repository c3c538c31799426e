/** Tests changes of the routing from the command line, alone and during concurrent emitters. */

import { expect, test } from 'vitest';
import { Completengine } from '../../src/index.ts';
import { type CliResult, EARTHQUAKES, finished, runCli, startCli } from '../support/cli.ts';
import { earthquakes } from '../support/earthquakes.ts';
import { expectRoutedByEpochs } from '../support/epochs.ts';
import { storedEvents } from '../support/invariants.ts';
import { earthquakeLedger, expectFailure, newLedger, parseLines, replayed, succeed } from '../support/ledger-cli.ts';
import { ReceiptReader } from '../support/receipts.ts';
import { quick } from '../support/test-size.ts';
import { until } from '../support/until.ts';

const text = ({ stdout }: CliResult) => stdout.toString();
const document = ({ stdout }: CliResult) => JSON.parse(stdout.toString());

test('add prints what changed, from which sequence, and that keys move', async () => {
  const ledger = await earthquakeLedger();
  const before = await replayed(ledger);
  expect(text(await succeed(['partition', 'add', 'p8', 'p9', '-l', ledger]))).toBe(
    'epoch 2 from sequence 1708: hash:properties.net over 10 partitions\nnew partitions: p8, p9\nabout 80.0 % of keys move to another partition from there on, as on a Kafka topic that grows\n',
  );
  expect(await replayed(ledger)).toBe(before);
  await succeed(['emit', '-q', '-l', ledger, EARTHQUAKES]);
  expect(await expectRoutedByEpochs(ledger)).toHaveLength(2 * 1707);
  expect(text(await succeed(['inspect', '-l', ledger]))).toMatch(
    /^routing {4}hash:properties\.net over 8 partitions, epoch 1 from sequence 1\n {11}hash:properties\.net over 10 partitions, epoch 2 from sequence 1708$/m,
  );
});

test('each change returns a document', async () => {
  const ledger = await newLedger('--routing', 'hash:k', '--partitions', '2');
  expect(document(await succeed(['partition', 'add', 'x', '--json', '-l', ledger]))).toMatchObject({
    isChanged: true,
    epoch: 2,
    fromSequence: 1,
    rule: 'hash:k',
    partitions: ['p0', 'p1', 'x'],
    newPartitions: ['x'],
    before: { epoch: 1, partitions: ['p0', 'p1'] },
  });
  const placed = document(await succeed(['partition', 'place', 'acme', 'x', '--json', '-l', ledger]));
  expect(placed).toMatchObject({
    isChanged: true,
    epoch: 3,
    placedFrom: 3,
    placements: [{ key: 'acme', partition: 'x' }],
  });
  expect(document(await succeed(['partition', 'place', 'acme', 'x', '--json', '-l', ledger]))).toMatchObject({
    isChanged: false,
    epoch: 3,
  });
  const rerouted = document(
    await succeed(['partition', 'reroute', 'manual:k', '--missing', 'rest', '--json', '-l', ledger]),
  );
  expect(rerouted).toMatchObject({
    epoch: 4,
    rule: 'manual:k,missing=rest',
    partitions: ['p0', 'p1', 'x', 'rest'],
    placements: placed.placements,
  });
  expect(document(await succeed(['partition', '--json', '-l', ledger]))).toMatchObject({
    routing: { epoch: 4 },
    placements: placed.placements,
    partitions: [{ rule: 'k = p0' }, { rule: 'k = p1' }, { rule: 'k = x, 1 placed' }, { rule: 'k = rest, no key' }],
  });
  expect(
    document(await succeed(['inspect', '--json', '-l', ledger])).epochs.map(({ epoch }: { epoch: number }) => epoch),
  ).toEqual([1, 2, 3, 4]);
});

test('a placed key goes to its partition, as explain shows', async () => {
  const ledger = await newLedger('--routing', 'composite:a+b', '--partitions', '4');
  await succeed(['partition', 'place', 'x+y', 'p3', '"p+q"+r', 'p2', '-l', ledger]);
  expect(text(await succeed(['partition', 'explain', '["x","y"]', 'x+y', '"p+q"+r', '-l', ledger]))).toBe(
    'p3\t["x","y"]\tplaced\np3\t["x","y"]\tplaced\np2\t["p+q","r"]\tplaced\n',
  );
  await succeed(['emit', '-q', '-l', ledger], { input: '{"a":"x","b":"y"}\n{"a":"p+q","b":"r"}\n' });
  expect(storedEvents(ledger).map(({ partition }) => partition)).toEqual(['p3', 'p2']);
});

test.each([
  ['hash', []],
  ['hash:properties.net', ['--partitions', '5']],
  ['hash:properties.tz', ['--missing', 'nowhere']],
  ['range:properties.mag=1,2.5', ['--missing', 'unmeasured']],
  ['range:properties.type=earthquake,quarry', []],
  ['composite:properties.net+properties.magType', ['--missing', 'p0']],
  ['manual:properties.net', ['--partitions', [...new Set(earthquakes().map(({ net }) => net))].join(',')]],
])('explain on standard input predicts for %s the partition of each earthquake', async (spec, options) => {
  const ledger = await newLedger('--routing', spec, ...options);
  const before = await succeed(['partition', 'explain', '--json', '-l', ledger], {
    input: earthquakes()
      .map(({ line }) => `${line}\n`)
      .join(''),
  });
  const explained = parseLines<{ partition: string; line: number; key: string | null }>(before.stdout);
  expect(storedEvents(ledger)).toEqual([]);
  await succeed(['emit', '-q', '-l', ledger, EARTHQUAKES]);
  const events = storedEvents(ledger);
  expect(events).toHaveLength(1707);
  expect(explained.map(({ partition }) => partition)).toEqual(events.map(({ partition }) => partition));
  expect(explained.map(({ line }) => line)).toEqual(events.map(({ sequence }) => sequence));
  const envelopes = parseLines<{ key: string | null }>(
    (await succeed(['replay', '-q', '-o', 'envelope', '-l', ledger])).stdout,
  );
  expect(explained.map(({ key }) => key)).toEqual(envelopes.map(({ key }) => key));
  // and by its key only, if it has one
  const keys = [
    ...new Map(explained.flatMap(({ key, partition }) => (key === null ? [] : [[key, partition] as const]))),
  ];
  if (keys.length > 0 && !spec.startsWith('range:properties.mag')) {
    const byKey = parseLines<{ partition: string }>(
      (await succeed(['partition', 'explain', '--json', '-l', ledger, '--', ...keys.map(([key]) => key)])).stdout,
    );
    expect(byKey.map(({ partition }) => partition)).toEqual(keys.map(([, partition]) => partition));
  }
});

test('explain names lines that would be rejected, continues, and exits with 65', async () => {
  const ledger = await newLedger('--routing', 'hash:k', '--partitions', '1');
  const { code, stdout, stderr } = await runCli(['partition', 'explain', '-l', ledger], {
    input: '{"k":"a\\tb"}\n\n{"j":1}\nnonsense\n{"k":1.0}',
  });
  expect(stdout.toString()).toBe(
    'p0\ta\\x09b\thash 0 of 1\n-\t-\tline 3: the routing field is missing (hash:k)\n-\t-\tline 4: invalid JSON: unexpected character\np0\t1\thash 0 of 1\n',
  );
  expect({ code, stderr }).toEqual({ code: 65, stderr: '2 lines would be rejected\n' });
});

test('explain shows events without a key, placed keys, and the epoch', async () => {
  const ledger = await newLedger('--routing', 'range:n=10', '--missing', 'none');
  await succeed(['partition', 'place', '7', 'p1', '-l', ledger]);
  const lines = parseLines(
    (await succeed(['partition', 'explain', '--json', '-l', ledger], { input: '{}\n{"n":7.0}\n{"n":8}\n' })).stdout,
  );
  expect(lines).toEqual([
    { source: 'stdin', line: 1, partition: 'none', key: null, cause: 'missing', rule: 'no key', epoch: 2 },
    { source: 'stdin', line: 2, partition: 'p1', key: '7', cause: 'placed', rule: 'placed', epoch: 2 },
    { source: 'stdin', line: 3, partition: 'p0', key: '8', cause: 'rule', rule: 'n < 10', epoch: 2 },
  ]);
});

test('explain stops when the output pipe is closed', async () => {
  const ledger = await earthquakeLedger();
  const child = startCli(['partition', 'explain', '-l', ledger]);
  child.stdout.once('data', () => child.stdout.destroy());
  const result = finished(child);
  child.stdin.write(
    earthquakes()
      .map(({ line }) => `${line}\n`)
      .join(''),
  );
  child.stdin.end(
    earthquakes()
      .map(({ line }) => `${line}\n`)
      .join(''),
  );
  expect(await result).toMatchObject({ code: 0, stderr: '' });
});

test('a dry run reports what would move, and writes nothing', async () => {
  const ledger = await earthquakeLedger();
  const head = document(await succeed(['inspect', '--json', '-l', ledger])).head;
  const run = ['partition', 'reroute', 'hash:properties.net', '--partitions', '9', '--dry-run', '-l', ledger];
  const shown = text(await succeed(run));
  expect(shown).toMatch(/^[\d,]+ of 1,707 events \(\d+\.\d %\) would move$/m);
  expect(shown).toMatch(/^\d+ of 12 keys \(\d+\.\d %\) would move$/m);
  expect(shown).toMatch(/^p8 +new +0 +\d+$/m);
  expect(shown.trimEnd().endsWith('nothing was written')).toBe(true);
  const preview = document(await succeed([...run, '--json', '--sample', '100']));
  expect(preview).toMatchObject({
    isChanged: true,
    events: 100,
    refused: 0,
    before: { epoch: 1 },
    after: { epoch: 2, fromSequence: 1708 },
  });
  expect(preview.partitions).toHaveLength(9);
  expect(document(await succeed(['inspect', '--json', '-l', ledger])).head).toBe(head);
});

test('a dry run of add and place does so, too', async () => {
  const ledger = await newLedger('--routing', 'hash:k', '--partitions', '1');
  await succeed(['emit', '-q', '-l', ledger], { input: '{"k":"a"}\n{"k":"b"}\n{"k":"a"}\n' });
  const head = document(await succeed(['inspect', '--json', '-l', ledger])).head;
  const added = document(await succeed(['partition', 'add', 'x', 'y', '--dry-run', '--json', '-l', ledger]));
  expect(added).toMatchObject({ isChanged: true, events: 3, keys: 2, after: { epoch: 2 } });
  expect(added.partitions.map(({ name, isNew }: { name: string; isNew: boolean }) => [name, isNew])).toEqual([
    ['p0', false],
    ['x', true],
    ['y', true],
  ]);
  await succeed(['partition', 'add', 'x', '-l', ledger]);
  const placeOf = async () => {
    const { stdout } = await succeed(['partition', 'explain', 'a', '--json', '-l', ledger]);
    return (parseLines(stdout)[0] as unknown as { partition: string }).partition;
  };
  const partition = await placeOf();
  const other = partition === 'p0' ? 'x' : 'p0';
  const shown = text(await succeed(['partition', 'place', 'a', other, '--dry-run', '-l', ledger]));
  expect(shown).toMatch(/^2 of 3 events \(66\.7 %\) would move$/m);
  expect(shown.trimEnd().endsWith('nothing was written')).toBe(true);
  const now = document(
    await succeed(['partition', 'place', 'a', other, '--dry-run', '--sample', '1', '--json', '-l', ledger]),
  );
  expect(now).toMatchObject({ events: 1, moved: 1 });
  expect(document(await succeed(['inspect', '--json', '-l', ledger])).head).not.toBe(head);
  expect(await placeOf()).toBe(partition);
  expectFailure(await runCli(['partition', 'add', 'x', '--dry-run', '-l', ledger]), 2, "partition 'x' exists already");
});

test.each([
  [['add', 'p1'], 2, "partition 'p1' exists already"],
  [['add', 'UP'], 2, "invalid partition name 'UP'"],
  [['add', 'x', 'x'], 2, "the partition 'x' is named twice"],
  [['add', ...Array.from({ length: 255 }, (_, n) => `n${n}`)], 2, '257 partitions are out of range'],
  [['add'], 2, 'partition add needs NAME'],
  [['place', 'k'], 2, 'partition place needs PARTITION'],
  [['place', 'k', 'p0', 'j'], 2, "no partition is given for the key 'j'"],
  [['place', 'k', 'nowhere'], 2, "the ledger has no partition 'nowhere'"],
  [['place', 'k', 'p0', 'k', 'p1'], 2, "the key 'k' is placed twice"],
  [['reroute', 'nonsense'], 2, "'nonsense' is not a routing"],
  [['reroute', 'range:k=1', '--partitions', '3'], 2, 'a range with 1 bound has 2 partitions, not 3'],
  [['reroute', 'hash:k', '--partitions', 'a,,b'], 2, "invalid partition name ''"],
  [['reroute', 'hash:k', '--sample', '5'], 2, 'dry-run'],
  [['reroute', 'hash:k', '--dry-run', '--sample', '0'], 2, "--sample: '0' is not a whole number from 1"],
  [['reroute', 'hash:k', 'extra'], 2, 'extra'],
  [['explain', 'a', '--nonsense'], 2, 'nonsense'],
] as [string[], number, string][])('partition %j is refused, and changes nothing', async (args, code, fact) => {
  const ledger = await newLedger('--routing', 'hash:k', '--partitions', '2');
  const before = text(await succeed(['inspect', '--json', '-l', ledger]));
  expectFailure(await runCli(['partition', ...args, '-l', ledger]), code, fact);
  expect(JSON.parse(text(await succeed(['inspect', '--json', '-l', ledger]))).head).toBe(JSON.parse(before).head);
});

test('add to a range is refused with a hint to reroute', async () => {
  const ledger = await newLedger('--routing', 'range:k=1,2');
  const result = await runCli(['partition', 'add', 'x', '-l', ledger]);
  expectFailure(result, 2, 'a range has as many partitions as its bounds make: 3');
  expect(result.stderr).toContain(`completengine partition reroute --ledger ${ledger} range:k=BOUND`);
});

test('a missing ledger is not created', async () => {
  for (const args of [['add', 'x'], ['place', 'k', 'p0'], ['reroute', 'hash'], ['explain', 'k'], []]) {
    expectFailure(await runCli(['partition', ...args, '-l', '/nonexistent/x.codex']), 66, 'there is no ledger');
  }
});

test('tail -f prints events of partitions added while it runs', async () => {
  const ledger = await newLedger('--routing', 'manual:k', '--partitions', 'a');
  const tail = startCli(['tail', '-f', '-o', 'envelope', '-l', ledger]);
  const delivered = finished(tail);
  let seen = '';
  tail.stdout.on('data', (piece: Buffer) => {
    seen += piece.toString();
  });
  await succeed(['emit', '-q', '-l', ledger], { input: '{"k":"a"}' });
  await until(() => seen.includes('"partition":"a"'));
  await succeed(['partition', 'add', 'b', '-l', ledger]);
  await succeed(['emit', '-q', '-l', ledger], { input: '{"k":"b"}' });
  await until(() => seen.includes('"partition":"b"'));
  tail.kill('SIGINT');
  expect(parseLines<{ partition: string; key: string }>((await delivered).stdout)).toMatchObject([
    { partition: 'a' },
    { partition: 'b', key: 'b' },
  ]);
});

const CHANGES = quick(4, 20);

test(`four emitters run through ${CHANGES} changes, and every event is in the partition of its epoch`, async () => {
  const ledger = await newLedger('--routing', 'hash:k', '--partitions', '3', '--time', 't');
  const lineOf = (emitter: number, n: number) =>
    `{"k":"k${n % 211}","n":${n},"e":${emitter},"t":${1_760_000_000_000 + n},"pad":"${'x'.repeat(60)}"}`;
  /** The number of changes so far. The emitters keep pace with them, so that the test does not depend on the machine's speed. */
  let made = 0;
  const rounds = [0, 0, 0, 0];
  // two send volume, for the kernel, which takes chunks from 64 KiB, and two a few lines at a time
  const emitters = [0, 1, 2, 3].map(async (emitter) => {
    const [piece, pieces] = emitter < 2 ? [quick(1500, 12_000), 1] : [100, 6];
    const child = startCli(['emit', '-q', '--receipts', '-l', ledger, '--busy-timeout', '60s']);
    const result = finished(child);
    const reader = new ReceiptReader(child.stdout);
    let sent = 0;
    for (let round = 0; round < CHANGES && !child.stdin.destroyed; round++) {
      for (let nth = 0; nth < pieces; nth++) {
        child.stdin.write(Array.from({ length: piece }, (_, line) => `${lineOf(emitter, sent + line)}\n`).join(''));
        sent += piece;
        await reader.atLeast(sent, () => child.exitCode !== null);
      }
      rounds[emitter] = round + 1;
      await until(() => made > round);
    }
    rounds[emitter] = CHANGES;
    child.stdin.end();
    const { code, stderr } = await result;
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    return sent;
  });
  const changes = [
    (nth: number) => ['add', `n${nth}`],
    () => ['reroute', 'composite:k+e', '--partitions', '5'],
    (nth: number) => ['place', `["k${nth}","1"]`, 'p1', `["k${nth}","2"]`, 'p2'],
    () => ['reroute', 'range:n=1000,20000,40000', '--missing', 'none'],
    () => ['reroute', 'hash:k', '--partitions', 'p2,p0,p4'],
  ];
  const past = new Map<number, string>();
  const reader = await Completengine.open({ ledger, create: false, access: 'read' });
  const digestThrough = async (sequence: number) => (await reader.replay({ throughSequence: sequence })).digest;
  try {
    for (let nth = 0; nth < CHANGES; nth++) {
      // two emitters have events in every epoch; the others may be in the middle of theirs
      await until(() => rounds.filter((round) => round > nth).length >= 2);
      const [verb = '', ...args] = changes[nth % changes.length]?.(nth) ?? [];
      const change = document(
        await succeed(['partition', verb, ...args, '--busy-timeout', '60s', '--json', '-l', ledger]),
      );
      expect(change).toMatchObject({ isChanged: true, epoch: nth + 2 });
      const through = change.fromSequence - 1;
      if (nth % 3 === 0) past.set(through, await digestThrough(through));
      made++;
    }
  } finally {
    made = CHANGES;
  }
  const sent = await Promise.all(emitters);
  // the changes happened during the emissions
  expect(past.size).toBe(Math.ceil(CHANGES / 3));
  const events = await expectRoutedByEpochs(ledger);
  expect(events).toHaveLength(sent.reduce((sum, count) => sum + count, 0));
  for (const emitter of [0, 1, 2, 3]) {
    const own = events.map(({ payload }) => payload).filter((payload) => payload.includes(`"e":${emitter},`));
    expect(own.length).toBe(sent[emitter]);
    expect(own.every((payload, n) => payload === lineOf(emitter, n))).toBe(true);
  }
  for (const [through, digest] of past) expect([through, await digestThrough(through)]).toEqual([through, digest]);
  await reader.close();
  await succeed(['inspect', '--verify', '-l', ledger]);
}, 180_000);

test('two concurrent changes of the routing are serialized', async () => {
  const ledger = await newLedger('--routing', 'hash:k', '--partitions', '2');
  const results = await Promise.all(
    [0, 1, 2, 3].map((nth) => runCli(['partition', 'add', `x${nth % 3}`, '-l', ledger])),
  );
  expect(results.map(({ code }) => code).sort()).toEqual([0, 0, 0, 2]);
  expect(document(await succeed(['partition', '--json', '-l', ledger]))).toMatchObject({ routing: { epoch: 4 } });
  await expectRoutedByEpochs(ledger);
});
