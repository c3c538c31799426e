/**
 * Fault model: the disk takes no more, at any point of the work: before the first commit, between commits, while a checkpoint brings the -wal
 * back into the file. What is there can be read, and space can be made later.
 */

import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { BIN } from '../support/cli.ts';
import { type GeneratedEvents, streamLine, streamText } from '../support/event-stream.ts';
import { needs, SMALL_DISK_PROBE, SmallDisk } from '../support/fault-tools.ts';
import { expectSoundLedger } from '../support/invariants.ts';
import { expectFailure } from '../support/ledger-cli.ts';
import { expectPrefix, expectReceipted, parseReceipts } from '../support/receipts.ts';
import { tempDir } from '../support/temp-dir.ts';
import { quick } from '../support/test-size.ts';
import { ThreadedEmission } from '../support/threaded-emission.ts';

/** Sizes in KiB, and how many lines are offered: a bit more than fits, or far more. From about 8 MiB on checkpoints come into it. */
const SIZES = [
  { size: 800, lines: 6000 },
  { size: 1300, lines: 6000 },
  { size: 2048, lines: 8000 },
  { size: 3300, lines: 12_000 },
  { size: 6144, lines: 24_000 },
  { size: 9000, lines: 50_000 },
  { size: 14_000, lines: 60_000 },
];
/** In every run one that is soon full, and one with checkpoints. */
const DISKS = SIZES.filter(({ size }) => quick(size === 800, true));
const LINES_PER_COMMIT = 100;

/** Feeds standard input in pieces, so that there are many commits: one piece whenever the one before was answered. */
const FEEDER = `
const { spawn } = require('node:child_process');
const { readFileSync } = require('node:fs');
const [bin, input, perPiece, ...args] = process.argv.slice(1);
const lines = readFileSync(input, 'utf8').split('\\n').slice(0, -1);
const child = spawn(process.execPath, [bin, ...args], { stdio: ['pipe', 'pipe', 'inherit'] });
let next = 0;
const feed = () => {
  if (next >= lines.length) return child.stdin.end();
  child.stdin.write(lines.slice(next, next += Number(perPiece)).join('\\n') + '\\n');
};
let answered = 0;
child.stdin.on('error', () => {});
child.stdout.on('data', (piece) => {
  process.stdout.write(piece);
  for (const byte of piece) if (byte === 10) answered++;
  if (answered >= next) feed();
});
child.on('close', (code, signal) => { process.exitCode = code ?? (signal === null ? 1 : 99); });
feed();
`;

describe.each(DISKS)('on a disk of $size KiB', ({ size, lines }) => {
  it('emit ends with 74 and says what is committed, everything can be read, and with more space the same producer completes its input', async (context) => {
    needs(context, ...SMALL_DISK_PROBE);
    const outside = tempDir();
    const directory = tempDir();
    const disk = await SmallDisk.mount(directory, `${size}k`);
    const ledger = join(directory, 'events.codex');
    const input = join(outside, 'input.jsonl');
    const stream: GeneratedEvents = { name: 'feeder', seed: size, count: lines };
    writeFileSync(input, streamText(stream));
    const cli = (...args: string[]) => disk.runCli([...args, '--ledger', ledger]);
    const emit = () =>
      disk.run(process.execPath, [
        '-e',
        FEEDER,
        BIN,
        input,
        String(LINES_PER_COMMIT),
        'emit',
        '--receipts',
        '--producer',
        'feeder',
        '--ledger',
        ledger,
      ]);

    expect(await cli('init', '--partitions', '2')).toMatchObject({ code: 0 });
    const full = await emit();
    expect(full.code, `the disk was not full: ${full.stderr}`).toBe(74);
    const receipts = parseReceipts(full.stdout);
    expect(receipts.length, 'nothing was committed before the disk was full').toBeGreaterThan(0);
    expect(receipts.length, 'all of it fitted').toBeLessThan(lines);
    const errors = full.stderr.split('\n').filter((line) => line.startsWith('error: '));
    expect(errors, full.stderr).toHaveLength(1);
    expect(errors[0]).toMatch(/disk/);
    expect(full.stderr).not.toMatch(/\n\s+at /);
    expect(full.stderr).toContain(`${new Intl.NumberFormat('en').format(receipts.length)} event`);
    expect(full.stderr).toContain(`head ${receipts.length}:`);

    // a full disk is no reason not to read
    const verified = await cli('inspect', '--verify', '--json');
    expect(verified, verified.stderr).toMatchObject({ code: 0 });
    const { events: stored } = JSON.parse(verified.stdout.toString('utf8')) as { events: number };
    expect(stored).toBeGreaterThanOrEqual(receipts.length);
    const replayed = await cli('replay', '--quiet');
    expect(replayed, replayed.stderr).toMatchObject({ code: 0 });
    expect(
      replayed.stdout.equals(Buffer.from(streamText(stream, 1, stored))),
      'the replay is not what was committed',
    ).toBe(true);
    const tail = await cli('tail', '-n', '1');
    expect(tail, tail.stderr).toMatchObject({ code: 0 });
    expect(tail.stdout.toString('utf8')).toBe(`${streamLine(stream, stored)}\n`);

    await disk.resize('256m');
    const rest = await cli('emit', input, '--receipts', '--producer', 'feeder');
    expect(rest, rest.stderr).toMatchObject({ code: 0 });
    const verifiedAgain = await cli('inspect', '--verify');
    expect(verifiedAgain, verifiedAgain.stderr).toMatchObject({ code: 0 });

    const copy = join(outside, 'copy.codex');
    expect(await disk.run('sh', ['-c', `ls "$1"; cp "$1" "$2"`, 'sh', ledger, copy])).toMatchObject({ code: 0 });
    expect(
      await disk.run('sh', ['-c', 'test ! -e "$1-wal"', 'sh', ledger]),
      'there is a -wal after the last one has closed',
    ).toMatchObject({ code: 0 });
    expect(existsSync(ledger), 'the disk is seen from outside').toBe(false);
    const events = await expectSoundLedger(copy);
    expect(expectPrefix(events, stream)).toBe(lines);
    expect(events).toHaveLength(lines);
    expectReceipted(events, stream, [...receipts, ...parseReceipts(rest.stdout)]);
  });
});

it.for(quick([3000], [4000, 9000]))(
  'emit through a pipe, whose commits a thread makes, ends with 74 on a disk of %i KiB, and says what is committed',
  async (size, context) => {
    needs(context, ...SMALL_DISK_PROBE);
    const directory = tempDir();
    const disk = await SmallDisk.mount(directory, `${size}k`);
    const ledger = join(directory, 'events.codex');
    const stream: GeneratedEvents = { name: 'feeder', seed: size, count: quick(8500, 20_000), piecesMax: 280 };
    const cli = (...args: string[]) => disk.runCli([...args, '--ledger', ledger]);
    expect(await cli('init', '--partitions', '2')).toMatchObject({ code: 0 });
    const emission = await ThreadedEmission.start(ledger, { command: (program, args) => disk.command(program, args) });
    await emission.feed(stream);
    const full = await emission.end();
    expectFailure(full, 74, /disk/);
    expect(emission.threads).toBe(1);

    const { events: stored } = JSON.parse((await cli('inspect', '--verify', '--json')).stdout.toString('utf8')) as {
      events: number;
    };
    expect(stored, 'nothing was committed before the disk was full').toBeGreaterThan(0);
    expect(stored, 'all of it fitted').toBeLessThan(stream.count);
    expect(full.stderr).toContain(`${new Intl.NumberFormat('en').format(stored)} event`);
    expect(full.stderr).toContain(`head ${stored}:`);
    const replayed = await cli('replay', '--quiet');
    expect(
      replayed.stdout.equals(Buffer.from(streamText(stream, 1, stored))),
      'the replay is not what was committed',
    ).toBe(true);
  },
);

it.for(quick([16, 80], [4, 16, 36, 52, 80, 120]))(
  'init on a disk of %i KiB leaves nothing, and with more space it makes the ledger',
  async (size, context) => {
    needs(context, ...SMALL_DISK_PROBE);
    const directory = tempDir();
    const disk = await SmallDisk.mount(directory, `${size}k`);
    const init = () => disk.runCli(['init', '--ledger', join(directory, 'events.codex')]);
    expectFailure(await init(), 74, /the disk is full|cannot be created/);
    const list = async () => (await disk.run('ls', ['-A', directory])).stdout.toString();
    expect(await list()).toBe('');
    await disk.resize('2m');
    expect(await init()).toMatchObject({ code: 0 });
    expect(await list()).toBe('events.codex\n');
  },
);

it('a disk without a single free block ends every command with 74 and one clear line, and leaves the ledger as it was', async (context) => {
  needs(context, ...SMALL_DISK_PROBE);
  const directory = tempDir();
  const outside = tempDir();
  const disk = await SmallDisk.mount(directory, '2m');
  const ledger = join(directory, 'events.codex');
  const stream: GeneratedEvents = { name: 'feeder', seed: 1, count: 500 };
  const cli = (...args: string[]) => disk.runCli([...args, '--ledger', ledger], '{"id":"one more"}\n');
  expect(await cli('init', '--partitions', '2')).toMatchObject({ code: 0 });
  expect(await disk.runCli(['emit', '--ledger', ledger], streamText(stream))).toMatchObject({ code: 0 });
  const filled = await disk.run('sh', ['-c', 'cat /dev/zero > "$1/filler"', 'sh', directory]);
  expect(filled.stderr, 'the disk did not fill up').toMatch(/No space left/);

  for (const command of [['emit'], ['tail'], ['replay'], ['inspect'], ['inspect', '--verify']]) {
    const { code, stdout, stderr } = await cli(...command);
    expect(code, `${command.join(' ')}: ${stderr}`).toBe(74);
    expect(stderr.split('\n').filter((line) => line.startsWith('error: '))).toHaveLength(1);
    expect(stdout.toString('utf8')).toBe('');
  }

  const init = await disk.runCli(['init', '--ledger', join(directory, 'second.codex')]);
  expect(init.code, init.stderr).toBe(74);
  expect(init.stderr).toMatch(
    /^error: .*the disk is full \(SQLITE_FULL\)\n {2}try: free some space, then try again\n$/,
  );

  expect(await disk.run('rm', [join(directory, 'filler')])).toMatchObject({ code: 0 });
  expect(await cli('inspect', '--verify')).toMatchObject({ code: 0 });
  expect(await cli('emit')).toMatchObject({ code: 0 });
  expect(await disk.run('cp', [ledger, join(outside, 'copy.codex')])).toMatchObject({ code: 0 });
  const events = await expectSoundLedger(join(outside, 'copy.codex'));
  expect(events).toHaveLength(stream.count + 1);
  expect(expectPrefix(events, stream)).toBe(stream.count);
});

it('a member that cannot keep where it stands ends with 74, and what it had comes again when there is room', async (context) => {
  needs(context, ...SMALL_DISK_PROBE);
  const directory = tempDir();
  const disk = await SmallDisk.mount(directory, '2m');
  const ledger = join(directory, 'events.codex');
  const cli = (...args: string[]) => disk.runCli([...args, '--ledger', ledger], '1\n2\n3\n');
  expect(await cli('init', '--partitions', '1')).toMatchObject({ code: 0 });
  expect(await cli('emit')).toMatchObject({ code: 0 });
  const fill = `cat; test -e '${directory}/filler' || cat /dev/zero > '${directory}/filler' 2> /dev/null; exit 0`;

  // A lease that is not renewed within a test, because that needs room, too; the next member of its name takes it over.
  const tail = ['tail', '--group', 'g', '--member', 'm', '--lease', '10m', '-e'];
  const full = await cli(...tail, '--exec', fill);
  expect(full.code, full.stderr).toBe(74);
  expect(full.stdout.toString()).toBe('1\n');
  expect(full.stderr).toMatch(/^error: .*the disk is full; the position of the group could not be stored/);
  expect(full.stderr.split('\n').filter((line) => line.startsWith('error: '))).toHaveLength(1);
  expect(full.stderr).toMatch(/delivered again/);

  expect(await disk.run('rm', [join(directory, 'filler')])).toMatchObject({ code: 0 });
  const rest = await cli(...tail);
  expect(rest, rest.stderr).toMatchObject({ code: 0 });
  expect(rest.stdout.toString()).toBe('1\n2\n3\n');
  expect(await cli('inspect', '--verify')).toMatchObject({ code: 0 });
});
