/** docs/FORMAT.md describes the files completely: a reader in another language that was written from it prints what `replay` prints, and meets the same head. */

import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it, type TestContext } from 'vitest';
import { EARTHQUAKES } from '../support/cli.ts';
import { needs, runProgram } from '../support/fault-tools.ts';
import { newLedger, replayed, succeed } from '../support/ledger-cli.ts';
import { isSoak, quick } from '../support/test-size.ts';

const READER = fileURLToPath(new URL('read_ledger.py', import.meta.url));
/** Lines of a part; of all of them, the reader hashes each byte in Python. */
const PART = quick(4, 10);
const LINES = readFileSync(EARTHQUAKES, 'utf8')
  .split('\n')
  .slice(0, 24 * PART);

function needsReader(context: TestContext): void {
  needs(context, 'python3', '-c', 'import sqlite3, sys; sys.exit(sqlite3.sqlite_version_info < (3, 37))');
  needs(context, 'zstd', '--version');
}

async function read(file: string): Promise<{ payloads: string; head: string; code: number | null }> {
  const { stdout, stderr, code } = await runProgram('python3', [READER, file]);
  return { payloads: stdout.toString('utf8'), head: stderr.trim(), code };
}

/** With all that the chain covers: two epochs, a placement, given keys, a producer, a chosen partition. */
async function fill(ledger: string): Promise<void> {
  const parts = (from: number, through: number) => ({
    input: `${LINES.slice(from * PART, through * PART).join('\n')}\n`,
  });
  await succeed(['emit', '-q', '-l', ledger, '--producer', 'feed'], parts(0, 6));
  await succeed(['emit', '-q', '-l', ledger, '--key', 'münchen'], parts(6, 9));
  await succeed(['partition', 'add', '-l', ledger, 'extra']);
  await succeed(['partition', 'place', '-l', ledger, 'us', 'extra']);
  await succeed(['emit', '-q', '-l', ledger], parts(9, 15));
  await succeed(['emit', '-q', '-l', ledger, '--to', 'extra'], parts(15, 16));
  await succeed(['emit', '-q', '-l', ledger, '--producer', 'feed'], parts(0, 9));
  await succeed(['emit', '-q', '-l', ledger], parts(16, 24));
}

async function headOf(ledger: string): Promise<string> {
  const { stdout } = await succeed(['inspect', '-l', ledger, '--json']);
  return (JSON.parse(stdout.toString()) as { head: string }).head;
}

for (const compression of ['none', 'zstd']) {
  it(`reads a ledger and its segments (compression ${compression})`, async (context) => {
    needsReader(context);
    const settings = ['--routing', 'hash:properties.net', '--time', 'properties.time', '--partitions', '3'];
    const ledger = await newLedger(...settings, '--compression', compression);
    await fill(ledger);
    const expected = await replayed(ledger);
    expect(await read(ledger)).toEqual({ payloads: expected, head: await headOf(ledger), code: 0 });

    // in every run the archives of one of the two
    if (compression === 'none' && !isSoak) return;

    for (const part of [8, 17]) {
      const sequence = String(part * PART);
      const { stdout } = await succeed(['inspect', '-l', ledger, '--sequence', sequence, '--json']);
      const { time } = JSON.parse(stdout.toString()) as { time: string };
      await succeed(['archive', '-l', ledger, '--until', time, '--yes']);
    }
    expect(await replayed(ledger)).toBe(expected);
    expect(await read(ledger)).toEqual({ payloads: expected, head: await headOf(ledger), code: 0 });

    for (const name of readdirSync(`${ledger}.archive`)) {
      const segment = join(`${ledger}.archive`, name);
      expect(await read(segment)).toMatchObject({ payloads: await replayed(segment), code: 0 });
      const bytes = readFileSync(segment);
      const at = bytes.indexOf(Buffer.from([0x28, 0xb5, 0x2f, 0xfd])) + 60;
      bytes.writeUInt8(bytes.readUInt8(at) ^ 0x55, at);
      writeFileSync(segment, bytes);
    }
    expect(await read(ledger)).toMatchObject({
      code: 1,
      head: expect.stringContaining('is not as it was written'),
    });
  });
}
