/** Every control sequence on a terminal is the program's: none comes from a name, a key, a payload, a reason or a setting in the ledger. */

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type Database from 'better-sqlite3';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { hasTerminal, runOnTerminal } from '../../support/shell.ts';
import { tempDir } from '../../support/temp-dir.ts';
import { quick } from '../../support/test-size.ts';
import { forgeChain } from './forge.ts';
import { makeOriginals, type Original, place } from './originals.ts';
import { loosened } from './rows.ts';
import { CONTROLS } from './values.ts';

const SCRIPT = fileURLToPath(new URL('./terminal-commands.js', import.meta.url));
/** Colours, the cursor, lines that are written again. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: it searches for them
const OURS = /\u001b\[(?!5;7m)[\d;]*m|\u001b\[\?25[lh]|\u001b\[\?7[lh]|\u001b\[\d*[ABCDGJK]|\r|\n|\t/g;
const UNSAFE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u;

const text = `'${CONTROLS.replaceAll('\0', '').replaceAll("'", "''")}'`;
/** As a JSON parser reads it back. */
const json = `'${JSON.stringify(CONTROLS).slice(1, -1)}'`;
const WHERE: Readonly<Record<string, readonly string[]>> = {
  'the uuid': [`UPDATE ledger SET uuid = ${text}`],
  'the path of the time': [`UPDATE ledger SET config = replace(config, '"at"', '"' || ${json} || '"')`],
  'the zone': [`UPDATE ledger SET config = replace(config, '{', '{"zone":"' || ${json} || '",')`],
  'the field of the routing': [
    `UPDATE epoch SET routing = replace(routing, 'tenant', '\\"' || replace(${json}, '\\', '\\\\') || '\\"')`,
  ],
  'reasons of parked events': [`UPDATE parked SET reason = ${text}, details = ${text}`],
  'the name of a group': [
    `UPDATE groups SET name = ${text} WHERE name = 'mailer'`,
    `UPDATE parked SET group_name = ${text} WHERE group_name = 'mailer'`,
    `UPDATE cursors SET group_name = ${text} WHERE group_name = 'mailer'`,
  ],
  'the name of a member': [`INSERT INTO members VALUES ('mailer', ${text}, 1, NULL, 1000, 9000000000000000)`],
  'the name of a producer': [`UPDATE commits SET producer = ${text}`, `UPDATE producers SET name = ${text}`],
  'the name of a partition': [`UPDATE partition SET name = ${text} WHERE id = 0`],
  'the name of a table': [`UPDATE partition SET table_name = ${text} WHERE id = 0`],
  'placed keys': [`UPDATE placements SET key = ${text}`],
  'given keys': [`UPDATE p0 SET key = ${text}`],
  payloads: [`UPDATE p0 SET body = CAST('[[0,0,{"tenant":"' || ${text} || '","id":"x"}]]' AS BLOB), count = 1`],
  'a unique id': [`UPDATE OR REPLACE ids SET id = ${text}`],
  'the name of a foreign table': [`CREATE TABLE "${CONTROLS.replaceAll('\0', '')}" (n)`],
  'the name of a foreign trigger': [
    `CREATE TRIGGER "${CONTROLS.replaceAll('\0', '')}" AFTER INSERT ON commits BEGIN SELECT 1; END`,
  ],
};

const COMMANDS: readonly (readonly string[])[] = [
  ['inspect'],
  ['inspect', '-v'],
  ['inspect', '--verify'],
  ['inspect', '--timeline'],
  ['inspect', '--sequence', '2'],
  ['tail', '-n', '5'],
  ['replay', '--determinism', 'relaxed'],
  ['replay', '--json', '--dry-run'],
  ['group'],
  ['group', 'show', 'mailer'],
  ['group', 'parked', 'mailer'],
  ['partition'],
  ['partition', 'reroute', 'hash:topic', '--dry-run'],
  ['archive', '--through-sequence', '4'],
  ['partition', 'add', 'p88'],
];

let workshop: string;
let original: Original;

beforeAll(async () => {
  workshop = mkdtempSync(join(tmpdir(), 'completengine-test-'));
  [original] = (await makeOriginals(workshop)) as [Original];
});

afterAll(() => rmSync(workshop, { recursive: true, force: true }));

/** With the chain as it was, and with one that is computed again, so that the hashes let it pass. */
function hostile(statements: readonly string[], isForged: boolean): string {
  const ledger = place(original, tempDir());
  loosened(ledger, (db: Database.Database) => {
    for (const sql of statements) db.exec(sql);
    if (isForged) forgeChain(db);
  });
  return ledger;
}

/** In every run each ledger is given to half of them, and is forged or not. */
const VARIANTS = quick(1, 4);

test.skipIf(!hasTerminal)('no control sequence on a terminal comes from a ledger', async () => {
  const places = Object.entries(WHERE);
  const runs = Array.from({ length: places.length * VARIANTS }, (_, nth) => {
    const [where, statements] = places[nth % places.length] as (typeof places)[number];
    const variant = Math.floor(nth / places.length) + nth;
    const ledger = hostile(statements, variant % 2 === 0);
    const commands = COMMANDS.filter((_, at) => (at + Math.floor(variant / 2)) % 2 === 0);
    return { where, commands: commands.map((args) => [...args, '-l', ledger]) };
  });
  const list = join(tempDir(), 'commands.json');
  // the one with nothing to complain of shows where the output of another one ends
  writeFileSync(list, JSON.stringify(runs.flatMap(({ commands }) => [...commands, ['--version']])));
  const variables = { node: process.execPath, script: SCRIPT, list };
  const written = await runOnTerminal('"$node" "$script" "$list"', { columns: 200, variables });
  const outputs = written.split(/^completengine\/\S+ .*$/m);
  expect(outputs).toHaveLength(runs.length + 1);
  for (const [nth, { where }] of runs.entries()) {
    const output = outputs[nth] as string;
    expect(output.length, where).toBeGreaterThan(100);
    const left = output.replaceAll(OURS, '');
    const at = left.search(UNSAFE);
    expect.soft(at < 0 ? '' : JSON.stringify(left.slice(Math.max(0, at - 60), at + 40)), where).toBe('');
  }
});
