/**
 * Every command, the exit codes that it can end with, and one case that makes each. What takes a signal, a fault, another user or a server has
 * tests of its own, which ELSEWHERE names.
 */

import {
  closeSync,
  copyFileSync,
  openSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { expect, onTestFinished, test } from 'vitest';
import { runCli } from '../support/cli.ts';
import { succeed } from '../support/ledger-cli.ts';
import { keyFiles } from '../support/signing-keys.ts';
import { tempDir } from '../support/temp-dir.ts';

const PAGE = 16_384;
const ROOT = join(import.meta.dirname, '../..');

/** Words of a command line, by blanks, after the command; and its standard input. */
type Case = string | { readonly args: string; readonly input: string };
type Codes = Readonly<Record<number, Case>>;

const NONE = '-l none.codex';
/** Its first page is right, and all others are not. */
const DAMAGED = '-l damaged.codex';
const TEXT = '-l text.codex';
/** Another process writes to it, and does not end. */
const HELD = '-l held.codex --busy-timeout 1ms';

/** The codes of every command that reads a ledger; `needed`: what the command requires besides. */
const reads = (needed = ''): Codes => ({
  0: needed,
  2: `${needed} --bogus`,
  3: `${needed} ${DAMAGED}`,
  66: `${needed} ${NONE}`,
  76: `${needed} ${TEXT}`,
});
/** Those of one that writes it. */
const writes = (needed = ''): Codes => ({ ...reads(needed), 75: `${needed} ${HELD}` });

const LINE = `{"k":"a","long enough to be compressed":"${'x'.repeat(1000)}"}\n`;
const PARKING = '--exit-at-head --max-deliver 1 --exec false';
/** Of commands that run a program which is not there. */
const NO_PROGRAM = '--exec ./none';

const COMMANDS: Readonly<Record<string, Codes>> = {
  init: { 0: '-l new.codex', 2: '--bogus', 73: '', 76: TEXT },
  emit: {
    ...writes(),
    0: { args: '', input: LINE },
    4: { args: `--expect-head 1:${'0'.repeat(64)}`, input: LINE },
    65: { args: '', input: 'no event\n' },
    73: '--rejects none/rejects',
    75: { args: HELD, input: LINE },
  },
  tail: {
    ...reads(),
    3: `-n 5 ${DAMAGED}`,
    4: '-f --cursor-file cursor-of-tail',
    5: `--group other ${PARKING}`,
    65: '-f --cursor-file text.codex',
    69: `--group other --exit-at-head ${NO_PROGRAM}`,
    73: '--cursor-file none/cursor',
    75: `--group other --exit-at-head ${HELD}`,
  },
  replay: {
    ...reads(),
    4: '--cursor-file cursor-of-replay',
    65: '--cursor-file text.codex',
    69: NO_PROGRAM,
    73: '--into none/new.codex',
    75: '--into held-empty.codex --busy-timeout 1ms',
  },
  inspect: {
    ...reads(),
    8: '--check lag<1',
    65: '--sign .',
    73: '--sign log.pem --checkpoint none/checkpoints',
  },
  archive: { ...writes('--until now --to . --yes'), 4: '--until now --drop --yes', 73: '--limit 1 --to none --yes' },
  compact: writes('--compression zstd'),
  partition: reads(),
  'partition add': writes('extra'),
  'partition explain': { ...reads(), 65: { args: '', input: 'no event\n' } },
  'partition place': writes('a p0'),
  'partition reroute': writes('hash:other'),
  group: reads(),
  'group delete': { ...writes('mailer --yes'), 4: 'mailer --yes -l busy.codex' },
  'group parked': { ...reads('mailer'), 75: `mailer --redeliver 1 ${HELD}` },
  'group reset': { ...writes('mailer --from start --yes'), 4: 'mailer --from start --yes -l busy.codex' },
  'group show': reads('mailer'),
  'group skip': { ...writes('mailer p0 --sequence 2 --yes'), 4: 'mailer p0 --sequence 1 --yes' },
  backup: { ...reads('new.codex'), 73: 'text.codex' },
  diff: {
    0: 'events.codex same.codex',
    2: '--bogus',
    3: 'events.codex held-empty.codex',
    66: 'events.codex none.codex',
    76: 'events.codex text.codex',
  },
  proof: {
    0: 'p.json --public-key log.pub',
    2: '--bogus',
    3: 'text.codex --public-key log.pub',
    65: '. --public-key log.pub',
    66: 'none.json --public-key log.pub',
  },
  bench: { 0: '--help', 2: '--bogus' },
  completion: { 0: 'bash', 2: 'ksh' },
};

/** The files that the cases name. */
async function makeTemplate(): Promise<string> {
  const template = tempDir();
  const at = (name: string) => join(template, name);
  await succeed(['init', '-l', at('held-empty.codex'), '--routing', 'hash:k', '--partitions', '1']);
  for (const name of ['events.codex', 'held.codex']) {
    await succeed(['init', '-l', at(name), '--routing', 'hash:k', '--partitions', '1', '--compression', 'none']);
    await succeed(['emit', '-q', '-l', at(name)], { input: LINE });
    await runCli(['tail', '-q', '-l', at(name), ...`--group mailer ${PARKING}`.split(' ')]);
    await succeed(['emit', '-q', '-l', at(name)], { input: `${LINE}${LINE}` });
  }
  for (const verb of [['tail', '-n', '1'], ['replay']])
    await succeed([...verb, '-q', '-l', at('held.codex'), '--cursor-file', at(`cursor-of-${verb[0]}`)]);
  const { key } = keyFiles(template, 'log');
  const proof = await succeed(['inspect', '-l', at('events.codex'), '--sequence', '1', '--proof', '--sign', key]);
  writeFileSync(at('p.json'), proof.stdout);
  for (const name of ['same.codex', 'busy.codex']) copyFileSync(at('events.codex'), at(name));
  makeBusy(at('busy.codex'));
  copyFileSync(at('events.codex'), at('damaged.codex'));
  const file = openSync(at('damaged.codex'), 'r+');
  writeSync(file, Buffer.alloc(PAGE * 40, 0xff), 0, PAGE * 40, PAGE);
  closeSync(file);
  writeFileSync(at('text.codex'), 'no database\n');
  for (const name of ['held.codex', 'held-empty.codex']) {
    const held = new Database(at(name));
    onTestFinished(() => void held.close());
    held.exec('BEGIN IMMEDIATE');
  }
  return template;
}

/** Gives the group a member that stays active. */
function makeBusy(ledger: string): void {
  const db = new Database(ledger);
  db.exec("INSERT INTO members VALUES ('mailer', 'm', 1, NULL, 1, 4000000000000000)");
  db.close();
}

const CHANGED = ['events.codex'];

/** Runs in a directory with a ledger of its own, and the other files by name. */
async function run(template: string, command: string, each: Case) {
  const { args, input } = typeof each === 'string' ? { args: each, input: '' } : each;
  const directory = tempDir();
  for (const name of readdirSync(template))
    if (CHANGED.includes(name)) copyFileSync(join(template, name), join(directory, name));
    else symlinkSync(join(template, name), join(directory, name));
  return runCli(
    `${command} ${args}`.split(' ').filter((word) => word !== ''),
    { cwd: directory, input },
  );
}

/** The codes that no case above makes, or that any command can end with, and the tests that do. */
const ELSEWHERE: Readonly<Record<number, string>> = {
  1: 'test/cli/guard.test.ts',
  74: 'test/cli/pipes.test.ts',
  77: 'test/cli/errors.test.ts',
  78: 'test/cli/nats/failures.test.ts',
  129: 'test/faults/signals.test.ts',
  130: 'test/faults/signals.test.ts',
  143: 'test/faults/signals.test.ts',
};

const numbersIn = (text: string) => (text.match(/\d+/g) ?? []).map(Number);

test('each command has its cases, each code of the README has one, and the document has both', () => {
  const { commands } = JSON.parse(readFileSync(join(ROOT, 'oclif.manifest.json'), 'utf8')) as { commands: object };
  expect(Object.keys(COMMANDS).sort()).toEqual(
    Object.keys(commands)
      .map((id) => id.replace(':', ' '))
      .sort(),
  );
  const [, rows = ''] =
    /^\| exit code +\| .*\n.*\n((?:\|.*\n)+)/m.exec(readFileSync(join(ROOT, 'README.md'), 'utf8')) ?? [];
  const cases = Object.values(COMMANDS).flatMap((codes) => Object.keys(codes).map(Number));
  const known = new Set([...cases, ...Object.keys(ELSEWHERE).map(Number)]);
  expect([...known].sort((a, b) => a - b)).toEqual(
    [...rows.matchAll(/^\|([^|]*)\|/gm)].flatMap(([, cell = '']) => numbersIn(cell)),
  );
  for (const [code, file] of Object.entries(ELSEWHERE))
    expect(numbersIn(readFileSync(join(ROOT, file), 'utf8')), file).toContain(Number(code));
  const page = readFileSync(join(ROOT, 'docs/COMMANDS.md'), 'utf8').split('## Exit codes\n')[1] ?? '';
  const documented = [...page.matchAll(/^\| `([^|]*)` +\| ([\d, ]+) \|$/gm)].flatMap(([, names = '', codes = '']) =>
    names.split('`, `').map((name): [string, number[]] => [name, numbersIn(codes)]),
  );
  expect(Object.fromEntries(documented)).toEqual(
    Object.fromEntries(Object.entries(COMMANDS).map(([name, codes]) => [name, Object.keys(codes).map(Number)])),
  );
});

test('each case ends with its code', async () => {
  const template = await makeTemplate();
  const ended: Record<string, string> = {};
  const wanted: Record<string, string> = {};
  for (const [command, codes] of Object.entries(COMMANDS))
    for (const [code, each] of Object.entries(codes)) {
      const name = `${command} for ${code}`;
      const result = await run(template, command, each);
      wanted[name] = code;
      ended[name] = String(result.code);
      if (ended[name] !== code) ended[name] += `: ${result.stderr}`;
    }
  expect(ended).toEqual(wanted);
});
