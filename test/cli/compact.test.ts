/** `compact`, and ledgers that compress, through the command line. */

import { describe, expect, it } from 'vitest';
import { EARTHQUAKES, runCli } from '../support/cli.ts';
import { earthquakeLedger, expectFailure, newLedger, replayed, succeed } from '../support/ledger-cli.ts';
import { compressedFrames } from '../support/raw-ledger.ts';

const text = ({ stdout }: { stdout: Buffer }): string => stdout.toString('utf8');
const overview = async (ledger: string) =>
  JSON.parse(text(await succeed(['inspect', '--json', '-l', ledger]))) as {
    head: string;
    config: { compression: string };
    partitions: { bytes: number; storedBytes: number }[];
  };

describe('compact', () => {
  it('reports sizes, and leaves head and output as they were', async () => {
    const ledger = await earthquakeLedger('--compression', 'none');
    const [before, events] = [await overview(ledger), await replayed(ledger)];
    const { stdout, stderr } = await succeed(['compact', '--compression', 'zstd', '-l', ledger]);
    expect(stdout.toString()).toMatch(/^7 frames: 1\.\d+ MB to 1\d\d\.\d kB; ledger 1\.\d+ MB to \d{3}\.\d kB\n$/);
    expect(stderr).toBe('');
    const after = await overview(ledger);
    expect(after.head).toBe(before.head);
    expect(after.config.compression).toBe('none');
    expect(after.partitions.map(({ bytes }) => bytes)).toEqual(before.partitions.map(({ bytes }) => bytes));
    expect(await replayed(ledger)).toBe(events);
    expect(text(await succeed(['inspect', '-l', ledger]))).toMatch(
      /frames {5}1\.\d+ MB, stored compressed as 1\d\d\.\d kB\n/,
    );
    expect(text(await succeed(['compact', '-l', ledger, '--json', '--compression', 'zstd']))).toMatch(/"frames": 0,/);
    expect(text(await succeed(['compact', '-l', ledger]))).toMatch(/^no frame to rewrite; /);
    expect(text(await succeed(['compact', '--compression', 'none', '-l', ledger]))).toMatch(
      /^7 frames: 1\d\d\.\d kB to 1\.\d+ MB; /,
    );
  });

  it('returns a document', async () => {
    const ledger = await earthquakeLedger('--compression', 'none');
    const document = JSON.parse(text(await succeed(['compact', '--compression', 'zstd:9', '--json', '-l', ledger])));
    expect(document).toMatchObject({ frames: 7, freeBytes: 0, canGiveBack: true, isComplete: true });
    expect(Object.keys(document).sort()).toEqual([
      'bytesAfter',
      'bytesBefore',
      'canGiveBack',
      'frames',
      'freeBytes',
      'isComplete',
      'storageBytesAfter',
      'storageBytesBefore',
    ]);
  });

  it('refuses what it cannot do in one line', async () => {
    const ledger = await newLedger();
    expectFailure(await runCli(['compact', '--compression', 'gzip', '-l', ledger]), 2, 'compression cannot be gzip');
    expectFailure(
      await runCli(['compact', '--compression', 'zstd:99', '-l', ledger]),
      2,
      'compression cannot be zstd:99',
    );
    expectFailure(await runCli(['compact', '--compression', 'zstd', '--before', 'soon', '-l', ledger]), 2, "'soon'");
    expectFailure(await runCli(['compact', '-l', `${ledger}.none`]), 66, 'no ledger');
  });
});

describe('init --compression', () => {
  it('is shown, and compresses what is emitted', async () => {
    const ledger = await newLedger('--compression', 'zstd');
    await succeed(['emit', '-q', '-l', ledger, EARTHQUAKES]);
    expect(compressedFrames(ledger)).toBe(8);
    expect((await overview(ledger)).config.compression).toBe('zstd:1');
    expect(text(await succeed(['inspect', '-l', ledger]))).toContain('compression zstd:1\n');
    const copy = `${ledger}.copy`;
    await succeed(['replay', '-q', '-l', ledger, '--into', copy]);
    expect((await overview(copy)).config.compression).toBe('zstd:1');
    expect(await replayed(copy)).toBe(await replayed(ledger));
  });

  it('refuses another codec', async () => {
    expectFailure(
      await runCli(['init', '--compression', 'gzip', '-l', '/tmp/never.codex']),
      2,
      'compression cannot be gzip',
    );
  });
});
