/**
 * Fault model: the directory of a cursor, of a digest or of rejected lines cannot be synced. The name that was just made may be gone after a power cut, so the
 * command does not go on as if it were there; the same command run again does.
 */

import { copyFileSync, existsSync, readdirSync, realpathSync, utimesSync } from 'node:fs';
import { basename, join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { EXIT_BAD_INPUT, EXIT_CODES } from '../../src/cli/app/exit-codes.ts';
import { openEngine } from '../support/engines.ts';
import { FaultShim, SHIM_PROBE } from '../support/fault-shim.ts';
import { needs } from '../support/fault-tools.ts';
import { fileIn, newLedger, succeed } from '../support/ledger-cli.ts';
import { tempDir } from '../support/temp-dir.ts';

let shim: FaultShim | undefined;
afterAll(() => shim?.close());

interface Command {
  readonly name: string;
  args(file: string, input: string): string[];
  readonly code: number;
}

test.for<Command>([
  { name: 'replay --cursor-file', args: (file) => ['replay', '--cursor-file', file], code: 0 },
  { name: 'tail --cursor-file', args: (file) => ['tail', '--cursor-file', file], code: 0 },
  { name: 'replay --digest-file', args: (file) => ['replay', '--digest-file', file], code: 0 },
  {
    name: 'emit --rejects',
    args: (file, input) => ['emit', '--producer', 'p', '--rejects', file, input],
    code: EXIT_BAD_INPUT,
  },
])(
  '$name: a directory that cannot be synced is an error, and the next run goes on',
  async ({ args, code }, context) => {
    needs(context, ...SHIM_PROBE);
    shim ??= new FaultShim();
    const ledger = await newLedger();
    const engine = await openEngine({ ledger });
    await engine.emit([1, 2, 3]);
    const input = fileIn(tempDir(), 'input.jsonl', '4\nbad\n');
    const directoryOfPlain = realpathSync(tempDir());
    const plain = await shim.run([...args(join(directoryOfPlain, 'file'), input), '-l', ledger], directoryOfPlain);
    expect(plain.code, plain.stderr).toBe(code);
    const synced = plain.calls.findIndex((call) => call.name === 'fsync' && call.file === basename(directoryOfPlain));
    expect(synced).toBeGreaterThan(0);

    const directory = realpathSync(tempDir());
    const command = [...args(join(directory, 'file'), input).map((it) => (it === 'p' ? 'q' : it)), '-l', ledger];
    const before = (await engine.head()).sequence;
    const failed = await shim.run(command, directory, { fault: 'EIO', at: synced + 1 });
    expect(failed.injected).toBe(1);
    expect(failed.code, failed.stderr).toBe(EXIT_CODES.IO_FAILED);
    expect(failed.stderr).toMatch(/^error: .* cannot be written: EIO\n {2}try: \S/m);
    expect((await engine.head()).sequence).toBe(before);
    const again = await shim.run(command, directory);
    expect(again.code, again.stderr).toBe(code);
    expect(existsSync(join(directory, 'file'))).toBe(true);
  },
);

test('a writer of a cursor that is killed before its rename leaves a file that inspect names', async (context) => {
  needs(context, ...SHIM_PROBE);
  shim ??= new FaultShim();
  const ledger = await newLedger();
  await succeed(['emit', '-q', '-l', ledger], { input: '1\n2\n' });
  /** A directory with a copy of the ledger, and the command that keeps a cursor there. */
  const place = () => {
    const directory = realpathSync(tempDir());
    const copy = join(directory, 'events.codex');
    copyFileSync(ledger, copy);
    return { directory, copy, command: ['tail', '-q', '-l', copy, '--cursor-file', join(directory, 'cursor')] };
  };
  const plain = place();
  const { calls } = await shim.run(plain.command, plain.directory);
  const rename = calls.findIndex(({ name, file }) => name === 'rename' && file === 'cursor');
  const { directory, copy, command } = place();
  const killed = await shim.run(command, directory, { fault: 'kill', at: rename + 1 });
  expect(killed).toMatchObject({ injected: 1, signal: 'SIGKILL' });
  const [left = '', ...others] = readdirSync(directory).filter((name) => name.startsWith('.completengine-'));
  expect(others).toEqual([]);
  const hour = new Date(performance.timeOrigin - 3_600_000);
  utimesSync(join(directory, left), hour, hour);
  expect((await succeed(['inspect', '-l', copy])).stdout.toString()).toMatch(
    new RegExp(`a killed writer of a cursor, digest or page has left \\d+ B in ${left}`),
  );
  expect((await succeed(command)).stdout.toString()).toBe('1\n2\n');
});
