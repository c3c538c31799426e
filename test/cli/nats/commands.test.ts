/** Every command on a ledger that a nats-server keeps. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { installedServer, type ServerProgram } from '../../nats/support/server-program.ts';
import { NatsServers } from '../../nats/support/servers.ts';
import { EARTHQUAKES, finished, runCli, startCli } from '../../support/cli.ts';
import { expectFailure, newLedger, numbers, parseLines, replayed, succeed } from '../../support/ledger-cli.ts';
import { LineReader } from '../../support/line-reader.ts';
import { runShell } from '../../support/shell.ts';
import { tempDir } from '../../support/temp-dir.ts';

describe.skipIf(installedServer === null)('on a nats-server', () => {
  let servers: NatsServers;
  let names = 0;
  beforeAll(async () => {
    servers = await NatsServers.start({ program: installedServer as ServerProgram, count: 1 });
  });
  afterAll(() => servers?.stop());

  const newName = () => servers.location(`ledger${++names}`);
  async function created(...args: string[]): Promise<string> {
    const ledger = newName();
    await succeed(['init', '-l', ledger, ...args]);
    return ledger;
  }
  async function filled(input: string, ...args: string[]): Promise<string> {
    const ledger = await created(...args);
    await succeed(['emit', '-q', '-l', ledger], { input });
    return ledger;
  }
  const json = async <Document>(...args: string[]): Promise<Document> =>
    JSON.parse((await succeed([...args, '--json'])).stdout.toString()) as Document;

  it('init says which lines fit, and that the sync is unknown', async () => {
    const ledger = newName();
    const { stdout, stderr } = await succeed(['init', '-l', ledger]);
    expect(stdout.toString()).toMatch(`${ledger}: hash over 8 partitions, head 0:`);
    expect(stderr).toMatch(/^note: lines may have up to 983,\d{3} bytes/m);
    expect(stderr).toMatch(/^note: sync unknown: /m);
    expectFailure(await runCli(['init', '-l', ledger]), 73, `there is a ledger at ${ledger} already`);
    expectFailure(await runCli(['init', '-l', newName(), '--max-line', '2000000']), 2, 'a line of 2000000 bytes');
    expectFailure(await runCli(['init', '-l', newName(), '--replicas', '3']), 73, 'cannot keep this number of copies');
    expectFailure(await runCli(['init', '-l', newName(), '--replicas', '9']), 2, '?replicas');
    const file = join(tempDir(), 'events.codex');
    expectFailure(await runCli(['init', '-l', file, '--replicas', '1']), 2, 'a ledger in a file has one copy');
  });

  it('returns what was emitted, and describes where it is', async () => {
    const ledger = await created('--routing', 'hash:properties.net', '--time', 'properties.time', '--replicas', '1');
    const emitted = await succeed(['emit', '-l', ledger, EARTHQUAKES]);
    expect(emitted.stderr).toMatch(/^1,707 events committed /);
    expect(await replayed(ledger)).toBe(readFileSync(EARTHQUAKES, 'utf8'));
    const { stdout } = await succeed(['inspect', '-l', ledger]);
    const text = stdout.toString();
    expect(text).toMatch(new RegExp(`^ledger +${ledger} \\(format 1, [\\d.]+ MB\\)$`, 'm'));
    expect(text).toMatch(/^storage +NATS JetStream, server \d+\.\d+\.\d+, stream cdex_ledger\d+, max_payload/m);
    expect(text).toMatch(/^copies +num_replicas 1$/m);
    expect(text).toMatch(/^sync +unknown/m);
    expect(text).toMatch(/^void +none$/m);
    expect(text).not.toMatch(/WAL|undefined|null/);
    const overview = await json<{ path: string; storage: { log: unknown; settings: Record<string, unknown> } }>(
      'inspect',
      '-l',
      ledger,
    );
    expect(overview).toMatchObject({ path: ledger, storage: { log: null, settings: { num_replicas: 1 } } });
    const [head = ''] = /\d+:[0-9a-f]{64}/.exec(text) ?? [];
    const verified = await succeed(['inspect', '-l', ledger, '--expect-head', head]);
    expect(verified.stdout.toString()).toMatch(/^OK: 1,707 events .* extends the expected head$/m);
    expect((await succeed(['inspect', '-l', ledger, '--sequence', '5'])).stdout.toString()).toMatch(/^sequence +5$/m);
    const last = await succeed(['tail', '-l', ledger, '-n', '1', '-o', 'envelope']);
    expect(parseLines(last.stdout)).toMatchObject([{ sequence: 1707, partition: 'p2', key: 'ci' }]);
  });

  it('refuses what only files have, by name, and says what to do instead', async () => {
    const ledger = await created();
    const copy = join(tempDir(), 'copy.codex');
    for (const [args, fact, hint] of [
      [['backup', copy], 'has no backup', `completengine replay -l ${ledger} --into FILE --follow`],
      [['archive', '--until', 'now'], 'has no archive', `completengine replay -l ${ledger} --into FILE`],
      [['archive', '--until', 'now', '--yes', '--drop'], 'has no archive', 'archive that'],
      [['compact'], 'cannot be compacted', 'completengine init --compression zstd'],
      [['compact', '--compression', 'zstd'], 'cannot be compacted', 'replay --into FILE'],
    ] as const) {
      const result = await runCli([...args, '-l', ledger]);
      expectFailure(result, 69, `${ledger} ${fact}`);
      expect(result.stderr).toContain(hint);
    }
  });

  it('changes its routing', async () => {
    const ledger = await filled('{"k":"a"}\n{"k":"b"}\n', '--routing', 'hash:k', '--partitions', '2');
    await succeed(['partition', 'add', 'third', '-l', ledger]);
    await succeed(['partition', 'place', 'a', 'third', '-l', ledger]);
    const explained = await succeed(['partition', 'explain', 'a', '-l', ledger]);
    expect(explained.stdout.toString()).toBe('third\ta\tplaced\n');
    const preview = await succeed(['partition', 'reroute', 'hash', '--dry-run', '-l', ledger]);
    expect(preview.stdout.toString()).toContain('nothing was written');
    await succeed(['partition', 'reroute', 'manual:k', '--partitions', 'a,b', '-l', ledger]);
    await succeed(['emit', '-q', '-l', ledger], { input: '{"k":"b"}\n' });
    const { partitions } = await json<{ partitions: { name: string; events: number }[] }>('partition', '-l', ledger);
    expect(partitions.find(({ name }) => name === 'b')?.events).toBe(1);
  });

  it('takes producers, unique ids, sticky sessions, atomic input and rejects', async () => {
    const directory = tempDir();
    const ledger = await created('--unique', 'id', '--routing', 'sticky:s');
    const input = '{"id":1,"s":"x"}\n{"id":2,"s":"y"}\n{"id":1,"s":"x"}\n';
    const first = await succeed(['emit', '-l', ledger, '--producer', 'p'], { input });
    expect(first.stderr).toMatch(/^2 events committed .*1 duplicate/);
    expect((await succeed(['emit', '-l', ledger, '--producer', 'p'], { input })).stderr).toMatch(
      /^nothing committed: all of the input/,
    );
    const atomic = await runCli(['emit', '-l', ledger, '--atomic'], { input: '{"id":3,"s":"x"}\nno\n' });
    expectFailure(atomic, 65, 'line 2');
    const rejects = join(directory, 'rejects.jsonl');
    const partly = await runCli(['emit', '-l', ledger, '--rejects', rejects, '--receipts'], {
      input: 'no\n{"id":4,"s":"y"}\n',
    });
    expect(partly.code).toBe(65);
    expect(parseLines(partly.stdout)).toMatchObject([{ sequence: 3 }]);
    expect(parseLines(readFileSync(rejects))).toMatchObject([{ line: 1, source: 'stdin' }]);
    expect((await succeed(['inspect', '--verify', '-l', ledger])).stdout.toString()).toMatch(/^OK: 3 events/);
  });

  it('feeds groups, parks, delivers again and moves offsets', async () => {
    const ledger = await filled(numbers(1, 9), '--partitions', '2');
    const consumed = await succeed([
      'tail',
      '-l',
      ledger,
      '-g',
      'g',
      '-e',
      '--exec',
      'cat; echo "$COMPLETENGINE_GROUP"',
    ]);
    const lines = consumed.stdout.toString().trimEnd().split('\n');
    expect(lines.filter((line) => line !== 'g').sort()).toEqual(numbers(1, 9).trimEnd().split('\n'));
    expect((await succeed(['group', '-l', ledger])).stdout.toString()).toContain('group g: no lag');
    expect(
      (await succeed(['group', 'reset', 'g', '-l', ledger, '--from', 'start', '--yes'])).stdout.toString(),
    ).toContain('9 events will be redelivered');
    const args = ['tail', '-l', ledger, '-g', 'g', '-e', '--max-deliver', '1', '--exec', '! grep -qx 5'];
    expect(await runCli(args)).toMatchObject({ code: 5, stderr: expect.stringContaining('1 parked') });
    const parked = await succeed(['group', 'parked', 'g', '-l', ledger]);
    expect(parseLines(parked.stdout)).toMatchObject([{ sequence: 5, reason: 'exit code 1' }]);
    await succeed(['group', 'parked', 'g', '-l', ledger, '--redeliver', 'all']);
    expect((await succeed(['tail', '-l', ledger, '-g', 'g', '-e', '--exec', 'cat'])).stdout.toString()).toBe('5\n');
  });

  it('is followed by other processes until they are interrupted, and gives up when the reader does', async () => {
    const ledger = await filled(numbers(1, 3));
    const copy = join(tempDir(), 'copy.codex');
    const cursor = join(tempDir(), 'tail.cursor');
    const follower = startCli(['tail', '-f', '-l', ledger, '-n', '1', '--cursor-file', cursor]);
    const followed = new LineReader(follower.stdout);
    const followerEnd = finished(follower);
    const witness = startCli(['replay', '--follow', '-l', ledger, '--into', copy]);
    const witnessEnd = finished(witness);
    expect(await followed.next()).toBe('3');
    await succeed(['emit', '-q', '-l', ledger], { input: numbers(4, 4) });
    expect(await followed.next()).toBe('4');
    follower.kill('SIGINT');
    expect((await followerEnd).code).toBe(130);
    expect(readFileSync(cursor, 'utf8')).toContain('"tailed":4');
    const heldBy = async () => (await runCli(['tail', '-l', copy, '-n', '1'])).stdout.toString();
    while ((await heldBy()) !== '4\n');
    witness.kill('SIGINT');
    const { code, stderr } = await witnessEnd;
    expect(code).toBe(130);
    expect(stderr).toContain('run the same command again to resume');
    expect(await replayed(copy)).toBe(numbers(1, 4));
    const piped = await runShell(`completengine replay -q -l '${ledger}' | head -n 1`);
    expect([piped.code, piped.stdout.toString()]).toEqual([0, '1\n']);
  });

  it('is watched as lines of JSON without a log beside it', async () => {
    const ledger = await filled(numbers(1, 3));
    const watch = startCli(['inspect', '--watch', '--every', '100ms', '-l', ledger]);
    const lines = new LineReader(watch.stdout);
    const end = finished(watch);
    expect(await lines.document()).toMatchObject({ path: ledger, events: 3, storage: { log: null } });
    watch.kill('SIGTERM');
    expect((await end).code).toBe(143);
  });

  it('diff compares a ledger with its copy here, by payload: equal, shorter, different', async () => {
    const source = await newLedger();
    await succeed(['emit', '-q', '-l', source], { input: numbers(1, 20) });
    const copy = newName();
    await succeed(['replay', '-q', '-l', source, '--into', copy]);
    const diffOf = async (a: string, b: string) => {
      const { code, stdout } = await runCli(['diff', a, b, '--json']);
      return { code, ...(JSON.parse(stdout.toString()) as Record<string, unknown>) };
    };
    expect(await diffOf(source, copy)).toMatchObject({ code: 0, result: 'equal', hasSameUuid: false });
    await succeed(['emit', '-q', '-l', source], { input: numbers(21, 25) });
    const end = { code: 3, result: 'prefix', sequence: 21, by: 'end' };
    expect(await diffOf(copy, source)).toMatchObject({ ...end, shorter: 'a' });
    expect(await diffOf(source, copy)).toMatchObject({ ...end, shorter: 'b' });
    await succeed(['emit', '-q', '-l', copy], { input: '"other"\n' });
    const other = { code: 3, result: 'different', sequence: 21, by: 'payload' };
    expect(await diffOf(source, copy)).toMatchObject(other);
    expect(await diffOf(copy, copy)).toMatchObject({ code: 0, result: 'equal', hasSameUuid: true });
  });

  it('moves into a file and back with the same digest and compression, and a limit for lines of its own', async () => {
    const source = await newLedger('--compression', 'zstd:3', '--max-line', '3000000', '--routing', 'hash:n');
    await succeed(['emit', '-q', '-l', source], { input: '{"n":1}\n{"n":2}\n' });
    const ledger = newName();
    const digestOf = async (...args: string[]) =>
      /digest ([0-9a-f]{64})/.exec((await succeed(['replay', ...args])).stderr)?.[1];
    const compressionOf = async (at: string) =>
      (await json<{ config: { compression: string } }>('inspect', '-l', at)).config.compression;
    const digest = await digestOf('-l', source, '--into', ledger);
    expect(await compressionOf(ledger)).toBe('zstd:3');
    const back = join(tempDir(), 'back.codex');
    expect(await digestOf('-l', ledger, '--into', back)).toBe(digest);
    expect(await compressionOf(back)).toBe('zstd:3');
    expect(await digestOf('-l', back)).toBe(digest);
    expectFailure(await runCli(['replay', '-l', ledger, '--into', ledger]), 2, 'cannot be replayed into itself');
  });

  it('lists the permissions of accounts without asking a server', async () => {
    const ledger = 'nats://user:secret@127.0.0.1:9/orders?domain=hub';
    const { stdout } = await succeed(['inspect', '--permissions', '-l', ledger]);
    const text = stdout.toString();
    expect(text).not.toContain('secret');
    expect(text).toContain('# to read: tail, replay, inspect\npublish: [\n  "$JS.hub.API.INFO"');
    expect(text).toContain('publish: [\n  "cdex.orders.>"\n]');
    const document = await json<{ create: object }>('inspect', '--permissions', '-l', ledger);
    expect(document.create).toEqual({ publish: ['$JS.hub.API.STREAM.CREATE.cdex_orders'], subscribe: [] });
    expectFailure(await runCli(['inspect', '--permissions', '-l', 'a.codex']), 2, 'a.codex is a file');
  });
});
