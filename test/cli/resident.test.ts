/** Tests that the resident command line of the tests is equivalent: its output and exit codes equal those of a separate process, byte for byte. */

import { copyFileSync, existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { type CliResult, EARTHQUAKES, spawnCli } from '../support/cli.ts';
import { earthquakeLedger, numbers } from '../support/ledger-cli.ts';
import { ResidentCli } from '../support/resident-cli.ts';
import { runShell } from '../support/shell.ts';
import { tempDir } from '../support/temp-dir.ts';
import { quick } from '../support/test-size.ts';

const LONG = Array.from(
  { length: 20_000 },
  (_, n) => `{"properties":{"net":"n${n % 7}","time":${1_600_000_000_000 + n}}}\n`,
).join('');

/** Arguments, and standard input. The ledger is named by the environment's default: events.codex of the working directory. */
const COMMANDS: readonly (readonly [args: string, input?: string])[] = [
  ['tail'],
  ['tail -n all -o envelope'],
  ['tail -n 3 -o pretty'],
  ['tail -p nn'],
  ['tail --where properties.mag>=6'],
  ['tail --where properties.mag'],
  ['replay'],
  ['replay -q'],
  ['replay -q --determinism strict -o envelope'],
  ['replay --json --through-sequence 100'],
  ['replay 2018-02-03 --dry-run'],
  ['replay 2018-02-30'],
  ['replay --through-sequence 5 --exec cat'],
  ['replay -q --through-sequence 3 --exec false'],
  ['replay -q --through-sequence 3 --exec cat>&2'],
  ['replay -q --into copy.codex'],
  ['inspect'],
  ['inspect --json'],
  ['inspect --verify'],
  ['inspect --event 7'],
  ['inspect --event 99999999'],
  ['backup copy.codex'],
  ['backup copy.codex --json'],
  ['backup events.codex'],
  ['backup nowhere/copy.codex'],
  ['backup'],
  ['partition'],
  ['partition --json'],
  ['partition explain', '{"properties":{"net":"us"}}\n'],
  ['partition add other'],
  ['partition reroute hash:properties.type'],
  ['emit', LONG],
  ['emit -q', LONG],
  ['emit', ''],
  ['emit --receipts', '{"properties":{"net":"us","time":1600000000000}}\n'.repeat(3)],
  ['emit --atomic', LONG],
  ['emit --atomic', '{"properties":{"net":"us","time":1600000000000}}\nbad\n'],
  ['emit', '{"properties":{"net":"us","time":1600000000000}}\nbad\n'],
  ['emit --rejects rejects.jsonl', `bad\n${LONG}worse`],
  [`emit ${EARTHQUAKES}`],
  ['emit nowhere.jsonl', numbers(1, 100_000)],
  ['emit -l nowhere.codex', numbers(1, 100_000)],
  ['emit --producer p', LONG],
  ['tail -g g -e'],
  ['tail -g g -e --batch 1000 --exec cat'],
  ['tail -g g --parked'],
  ['init'],
  ['init -l new.codex --routing hash:k'],
  ['init -l new.codex --routing hush:k'],
  ['bench --events many'],
  ['--version'],
  ['--help'],
  ['help emit'],
  ['tail --help'],
  ['partition add --help'],
  ['tali'],
  ['tail --folow'],
  [''],
];

/** Every command starts with the same ledger at the same path. */
function workplace(template: string): string {
  const directory = tempDir();
  copyFileSync(template, join(directory, 'events.codex'));
  return directory;
}

const HASH = /\b[0-9a-f]{64}\b/g;
const UUID = /\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b/g;
const NOW = /\b\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:\.\d+)?Z?/g;
const TAKEN = /\bin [\d.,]+ m?s, [\d,.]+ events\/s|\bin [\d.,]+ m?s\b|"(?:wallMs|ms|seconds)":[\d.]+/g;

/** Node's warnings contain the process id, and once per process a note how to trace them. */
const WARNING = /\(node:\d+\)|\(Use `node --trace-warnings[^\n]*\n/g;

/** Times differ in every run, and so do the hashes that include them. */
function comparable({ code, signal, stdout, stderr }: CliResult): object {
  const plain = (text: string) => text.replaceAll(TAKEN, 'TAKEN');
  return { code, signal, stdout: plain(stdout.toString('latin1')), stderr: plain(stderr.replaceAll(WARNING, '')) };
}

const withoutNow = (text: string) => text.replaceAll(HASH, 'HASH').replaceAll(UUID, 'UUID').replaceAll(NOW, 'NOW');

/** In every run each fourth one, as there are several of every kind. */
const chosen = COMMANDS.filter((_, at) => at % quick(4, 1) === 0);

test(`${chosen.length} commands one after the other print and return what each does in a separate process`, async () => {
  const template = await earthquakeLedger();
  const resident = new ResidentCli();
  const cwd = workplace(template);
  const codes = new Set<number | null>();
  try {
    for (const [line, input = ''] of chosen) {
      const args = line === '' ? [] : line.split(' ');
      const results: object[] = [];
      for (const run of [() => resident.run(args, { input, cwd }), () => spawnCli(args, { input, cwd })]) {
        for (const name of ['events.codex-wal', 'events.codex-shm', 'copy.codex', 'new.codex', 'rejects.jsonl'])
          rmSync(join(cwd, name), { force: true });
        copyFileSync(template, join(cwd, 'events.codex'));
        const result = await run();
        codes.add(result.code);
        // written files are compared as well
        results.push({
          ...comparable(result),
          files: ['copy.codex', 'new.codex', 'rejects.jsonl'].filter((name) => existsSync(join(cwd, name))),
        });
      }
      const [ofResident, ofProcess] = results.map((result) => JSON.parse(withoutNow(JSON.stringify(result))));
      expect(ofResident, line).toEqual(ofProcess);
    }
  } finally {
    resident.close();
  }
  expect(codes.size, 'kinds of exit codes').toBeGreaterThanOrEqual(quick(4, 6));
});

test('outputs appended to files are those of separate processes, and the next command prints as before', async () => {
  const resident = new ResidentCli();
  try {
    const cwd = workplace(await earthquakeLedger());
    const command = ['tail', '-n', '2', '--where', 'properties.mag'];
    const printed = await resident.run(command, { cwd });
    for (const appendTo of [{ 1: 'out' }, { 2: 'err' }, { 1: 'both', 2: 'both' }])
      expect(await resident.run(command, { cwd, appendTo })).toEqual({
        ...printed,
        ...('1' in appendTo ? { stdout: Buffer.of() } : {}),
        ...('2' in appendTo ? { stderr: '' } : {}),
      });
    const { code } = await runShell('cd "$cwd"; completengine tail -n 2 --where properties.mag >> out 2>> err', {
      cwd,
    });
    expect(code).toBe(printed.code);
    const content = (name: string) => readFileSync(join(cwd, name), 'utf8');
    expect(content('out')).toBe(printed.stdout.toString().repeat(2));
    expect(content('err')).toBe(printed.stderr.repeat(2));
    expect(content('both')).toBe(printed.stdout.toString() + printed.stderr);
    expect(await resident.run(command, { cwd })).toEqual(printed);
  } finally {
    resident.close();
  }
});

test('a command that ends its process ends the resident one, and the next command gets a new one', async () => {
  const resident = new ResidentCli();
  try {
    const cwd = workplace(await earthquakeLedger());
    const exec = 'kill -9 $PPID';
    expect(await resident.run(['replay', '-q', '--exec', exec], { cwd })).toMatchObject({
      code: null,
      signal: 'SIGKILL',
    });
    expect(await resident.run(['tail', '-n', '1'], { cwd })).toMatchObject({ code: 0, stderr: '' });
    expect(await resident.run(['tail', '-f'], { cwd, timeout: 500 })).toMatchObject({ code: null, signal: 'SIGKILL' });
    expect(await resident.run(['emit', '-l', 'nowhere.codex'], { cwd, input: numbers(1, 50_000) })).toMatchObject({
      code: 66,
    });
    // no rest of the input before reaches it
    const { stdout } = await resident.run(['emit', '--receipts', '-q'], {
      cwd,
      input: '{"properties":{"net":"us","time":1}}\n',
    });
    expect(stdout.toString().split('\n')).toHaveLength(2);
  } finally {
    resident.close();
  }
});
