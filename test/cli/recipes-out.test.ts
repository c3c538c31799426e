/** Runs the recipes of docs/RECIPES.md that take events out of a ledger, and the steps of its workflow as GitHub runs them. */

import { spawnSync } from 'node:child_process';
import { chmodSync, copyFileSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { EARTHQUAKES } from '../support/cli.ts';
import { blocksOf } from '../support/document-session.ts';
import { needs } from '../support/fault-tools.ts';
import { earthquakeLedger, fileIn } from '../support/ledger-cli.ts';
import { RECIPES_OUT } from '../support/recipes.ts';
import { runShell } from '../support/shell.ts';
import { tempDir } from '../support/temp-dir.ts';

const scriptOf = (title: string) => RECIPES_OUT.find((recipe) => recipe.title === title)?.script ?? '';
const DUCKDB = scriptOf('DuckDB');
const PARQUET = scriptOf('Parquet');
const WORKFLOW = blocksOf(RECIPES_OUT.at(-1)?.section ?? '', 'yaml').join('');

/** Runs the script beside a ledger of earthquakes. */
async function runBeside(script: string, preamble = '') {
  const directory = tempDir();
  copyFileSync(await earthquakeLedger(), join(directory, 'events.codex'));
  const result = await runShell(`set -e -o pipefail\n${preamble}cd "$DIRECTORY"\n${script}`, { DIRECTORY: directory });
  return { directory, ...result };
}

/** Stands in for a program that this system may lack: shows what it was asked and how many lines it was given. */
const COUNTING = 'duckdb() { printf "%s\\n" "$2" > asked; wc -l; }\n';

test('each recipe is run below', () => {
  expect(RECIPES_OUT.map(({ title }) => title)).toEqual([
    ...['DuckDB', 'Counts per hour', 'Figures per hour', 'Figures per hour, with Miller'],
    ...['A join of two partitions', 'A join of two ledgers', 'Parquet', 'GitHub Actions'],
  ]);
});

test.each([
  ['DuckDB', DUCKDB, 1707],
  ['Parquet', PARQUET, 1708],
])('%s gets the events on its standard input', async (_, script, lines) => {
  const { code, stdout, stderr, directory } = await runBeside(script, COUNTING);
  expect({ code, stderr, lines: Number(stdout.toString()) }).toEqual({ code: 0, stderr: '', lines });
  expect(readFileSync(join(directory, 'asked'), 'utf8')).toContain("'/dev/stdin'");
});

test('DuckDB answers the query', async (context) => {
  needs(context, 'duckdb', '-c', 'SELECT 1');
  const { code, stdout, stderr } = await runBeside(DUCKDB.replace('duckdb -c', 'duckdb -csv -noheader -c'));
  expect(code, stderr).toBe(0);
  expect(stdout.toString().split('\n')[0]).toBe('ci,386,2.96');
});

test('a Parquet file has the payloads to the byte', async (context) => {
  needs(context, 'duckdb', '-c', 'SELECT 1');
  const restore = `duckdb -list -noheader -c "SELECT payload FROM 'events.parquet' ORDER BY sequence" > restored`;
  const { code, stderr, directory } = await runBeside(`${PARQUET}${restore}`);
  expect(code, stderr).toBe(0);
  expect(readFileSync(join(directory, 'restored'), 'utf8')).toBe(readFileSync(EARTHQUAKES, 'utf8'));
});

interface Quake {
  readonly properties: { readonly time: number; readonly mag: number; readonly net: string };
}

const QUAKES = readFileSync(EARTHQUAKES, 'utf8')
  .trimEnd()
  .split('\n')
  .map((line) => (JSON.parse(line) as Quake).properties);

/** The numbers of each group, sorted by the group's text. */
function grouped<Item>(items: readonly Item[], groupOf: (item: Item) => string): [string, Item[]][] {
  const groups = new Map<string, Item[]>();
  for (const item of items) groups.set(groupOf(item), [...(groups.get(groupOf(item)) ?? []), item]);
  return [...groups].sort(([one], [other]) => (one < other ? -1 : 1));
}

const hourOf = (time: number) => new Date(time).toISOString().slice(0, 13);

test('counts per hour are those of the file, in the zone', async (context) => {
  needs(context, 'awk', 'BEGIN { exit 0 }');
  const { code, stdout, stderr } = await runBeside(scriptOf('Counts per hour'));
  expect(code, stderr).toBe(0);
  // Berlin was an hour ahead of UTC in that week
  const counted = grouped(QUAKES, ({ time }) => hourOf(time + 3_600_000)).map(
    ([hour, { length }]) => `${hour} ${length}`,
  );
  expect(stdout.toString().trimEnd().split('\n')).toEqual(counted);
});

test.for([
  ['Figures per hour', ['sqlite3', '-version'], 0],
  ['Figures per hour, with Miller', ['mlr', '--version'], 1],
] as const)('%s are those of the file', async ([title, [program, flag], heads], context) => {
  needs(context, program, flag);
  const { code, stdout, stderr } = await runBeside(scriptOf(title));
  expect(code, stderr).toBe(0);
  const figures = grouped(QUAKES, ({ time, net }) => `${hourOf(time)},${net}`).map(
    ([group, quakes]) => `${group},${quakes.length},${Math.max(...quakes.map(({ mag }) => mag))}`,
  );
  expect(stdout.toString().trimEnd().split(/\r?\n/).slice(heads)).toEqual(figures);
});

const ORDERS = '{"type":"order","id":"a","amount":10}\n{"type":"order","id":"b","amount":20}\n';
const PAYMENTS = '{"type":"payment","order":"b","paid":20}\n';

test('a join of two partitions', async (context) => {
  needs(context, 'mlr', '--version');
  const { code, stdout, stderr } = await runShell(
    `set -e -o pipefail\ncd "$DIRECTORY"
completengine init --routing manual:type --partitions order,payment > made
printf '%s' "$LINES_OF_BOTH" | completengine emit -q
${scriptOf('A join of two partitions')}`,
    { DIRECTORY: tempDir(), LINES_OF_BOTH: `${ORDERS}${PAYMENTS}` },
  );
  expect({ code, stdout: stdout.toString() }, stderr).toEqual({
    code: 0,
    stdout: '{"id": "b", "amount": 20, "paid": 20}\n',
  });
});

test('a join of two ledgers', async (context) => {
  needs(context, 'sqlite3', '-version');
  const { code, stdout, stderr } = await runShell(
    `set -e -o pipefail\ncd "$DIRECTORY"
for ledger in orders payments; do completengine init -l $ledger.codex > made; done
printf '%s' "$ORDERS" | completengine emit -q -l orders.codex
printf '%s' "$PAYMENTS" | completengine emit -q -l payments.codex
${scriptOf('A join of two ledgers')}`,
    { DIRECTORY: tempDir(), ORDERS, PAYMENTS },
  );
  expect({ code, rows: stdout.toString().split(/\r?\n/) }, stderr).toEqual({ code: 0, rows: ['a,10,', 'b,20,20', ''] });
});

/** The scripts of the workflow's steps that have a name, by that name. */
const STEPS = new Map(
  [...WORKFLOW.matchAll(/^ {6}- name: (.*)\n(?: {8}(?!run:).*\n)*? {8}run: (?:\|\n((?: {10}.*\n)+)|(.*)\n)/gm)].map(
    ([, name = '', block, line = '']) => [name, block?.replace(/^ {10}/gm, '') ?? line] as const,
  ),
);

/** Runs a step as GitHub does: by bash that ends at the first failure. */
async function runStep(directory: string, name: string): Promise<{ code: number | null; printed: string }> {
  const summary = join(directory, 'summary');
  const script = `set -e -o pipefail\ncd "$DIRECTORY"\n${STEPS.get(name)}`;
  const { code, stdout } = await runShell(script, { DIRECTORY: directory, GITHUB_STEP_SUMMARY: summary });
  return { code, printed: stdout.toString() };
}

/** A repository as the workflow expects it. */
function checkout(lines: string, handler: string): string {
  const directory = mkdtempSync(join(tempDir(), 'checkout-'));
  writeFileSync(join(directory, 'events.jsonl'), lines);
  chmodSync(fileIn(directory, 'handle.sh', `#!/bin/sh\n${handler}\n`), 0o755);
  return directory;
}

const LINES = '{"id":1,"at":"2026-04-12T09:00:00Z"}\n{"id":2,"at":"2026-04-12T09:00:01Z"}\n';

test('the workflow is YAML', (context) => {
  needs(context, 'python3', '-c', 'import yaml');
  const print = 'import json, sys, yaml; print(json.dumps(yaml.load(sys.stdin, yaml.BaseLoader)))';
  const { stdout, stderr } = spawnSync('python3', ['-c', print], { input: WORKFLOW, encoding: 'utf8' });
  expect(stderr).toBe('');
  const { on, jobs } = JSON.parse(stdout) as {
    on: unknown;
    jobs: Record<string, { steps: { name?: string; run?: string }[] }>;
  };
  expect(on).toEqual(['push']);
  const named = Object.values(jobs).flatMap(({ steps }) => steps.filter(({ name }) => name !== undefined));
  expect(named.map(({ name, run }) => [name, `${run?.trimEnd()}\n`])).toEqual(
    [...STEPS].map(([name, run]) => [name, `${run.trimEnd()}\n`]),
  );
});

test('the workflow passes, fails with the exit code of what is wrong, and says where', async () => {
  expect([...STEPS.keys()]).toEqual(['Commit the lines', 'Compare the replay', 'Deliver each event', 'Write a report']);
  const good = checkout(LINES, 'cat > /dev/null');
  for (const name of STEPS.keys()) expect(await runStep(good, name), name).toMatchObject({ code: 0 });
  expect(readFileSync(join(good, 'report.html'), 'utf8')).toContain('</html>');

  const bad = checkout(`${LINES}{"id":3}\n`, 'true');
  const refused = await runStep(bad, 'Commit the lines');
  expect(refused.code).toBe(65);
  expect(refused.printed.split('\n')).toContain('::error file=events.jsonl::a line is not an event');

  const changed = checkout(LINES.replace('09:00:01', '09:00:02'), '! grep -q 09:00:02');
  copyFileSync(join(good, 'events.digest'), join(changed, 'events.digest'));
  expect(await runStep(changed, 'Commit the lines')).toMatchObject({ code: 0 });
  expect(await runStep(changed, 'Compare the replay')).toMatchObject({ code: 3 });
  expect(await runStep(changed, 'Deliver each event')).toMatchObject({ code: 5 });
  expect(readFileSync(join(changed, 'summary'), 'utf8')).toContain('"sequence":2');
});
