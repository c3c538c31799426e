/** Plants a violation of every border and sees the lint catch it: a border nobody guards is a wish. */

import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
// @ts-expect-error a script, without types
import { natsFaults } from '../scripts/nats-rules.js';
import { tempDir } from './support/temp-dir.ts';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
/** One of those that join organs. */
const JOINT = '../engine/labels.ts';
const ORGANS = ['emission', 'router', 'ledger', 'bus', 'scheduler', 'replay', 'output'];

/** Puts one file per plant into a tree with our rules. Returns the rules each of them breaks, by index. */
function lint(plants: readonly { folder: string; content: string }[]): string[][] {
  const directory = tempDir();
  for (const file of ['biome.json', 'biome.borders.json']) copyFileSync(join(ROOT, file), join(directory, file));
  for (const [at, { folder, content }] of plants.entries()) {
    const path = join(directory, folder, `planted${at}.ts`);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, content);
  }
  const args = ['lint', '--reporter=github', '--max-diagnostics=none', '.'];
  const { stdout } = spawnSync(join(ROOT, 'node_modules/.bin/biome'), args, { cwd: directory, encoding: 'utf8' });
  const found = plants.map((): string[] => []);
  for (const [, rule = '', at] of stdout.matchAll(/title=lint\/([A-Za-z/]+),file=[^,]*planted(\d+)\.ts/g))
    found[Number(at)]?.push(rule);
  return found;
}

const using = (from: string) => `import * as other from '${from}';\nexport const used = other;\n`;

const crossings: [folder: string, from: string][] = [
  ...ORGANS.flatMap((organ) =>
    ORGANS.filter((other) => other !== organ).map((other): [string, string] => [
      `src/core/${organ}`,
      `../${other}/${other}.ts`,
    ]),
  ),
  ...ORGANS.flatMap((organ) =>
    ['../engine.ts', '@oclif/core/command', 'chalk', 'cli-table3'].map((from): [string, string] => [
      `src/core/${organ}`,
      from,
    ]),
  ),
  ...ORGANS.filter((organ) => organ !== 'ledger').map((organ): [string, string] => [
    `src/core/${organ}`,
    'better-sqlite3',
  ]),
  ...['src/core', 'src/core/engine', 'src/core/model', ...ORGANS.map((organ) => `src/core/${organ}`)].map(
    (folder): [string, string] => [folder, '@napi-rs/blake-hash'],
  ),
  ['src/core/ledger', 'better-sqlite3'],
  ['src/core/ledger', './sqlite/schema.ts'],
  ['src/core/ledger/protocol', '../sqlite/schema.ts'],
  ['src/core/engine', '../ledger/sqlite/open.ts'],
  ['src/core', './ledger/sqlite/open.ts'],
  ['src/core/ledger/sqlite', '../../emission/chunk.ts'],
  ['src/core/model', '../router/router.ts'],
  ['src/core/model', '../engine.ts'],
  ['src/core/model', '../native/blake3.ts'],
  ['src/core/native', '../ledger/chain.ts'],
  ['src/core/frames', '../emission/input/chunk.ts'],
  ['src/core/scan', '../router/router.ts'],
  ...[...ORGANS, 'model'].map((organ) => [`src/core/${organ}`, JOINT] as [string, string]),
  ['src/core', '../cli/main.ts'],
  ['src/core/engine', '../../cli/main.ts'],
  ['src/core/engine', 'better-sqlite3'],
  ...[
    'src/core',
    'src/core/engine',
    'src/core/model',
    'src/views',
    'src/cli',
    'src/commands',
    ...ORGANS.map((organ) => `src/core/${organ}`),
  ].map((folder): [string, string] => [folder, '@nats-io/transport-node']),
  ['src/core/ledger/nats', '@nats-io/transport-node'],
  ['src/core/ledger/nats', '../sqlite/schema.ts'],
  ['src/core/ledger/nats', '../../emission/chunk.ts'],
  ['src/core/ledger/protocol', '../nats/store.ts'],
  ['src/core/engine', '../ledger/nats/store.ts'],
  ['src/core', 'better-sqlite3'],
  ['src/core', 'cli-table3'],
  ['src/cli', '../core/engine.ts'],
  ['src/cli', '../commands/init.ts'],
  ['src/cli', 'better-sqlite3'],
  ['src/commands', '../core/engine.ts'],
  ['src/commands', 'better-sqlite3'],
];

const allowed: [folder: string, from: string][] = [
  ['src/core/emission', '../model/time.ts'],
  ['src/core', './emission/ingest.ts'],
  ['src/core/engine', '../emission/ingest.ts'],
  ['src/core/engine', '../ledger/drivers.ts'],
  ['src/core/ledger/sqlite', '../protocol/chain.ts'],
  ['src/core/ledger/sqlite', 'better-sqlite3'],
  ['src/core/ledger/nats', '../log/ordered-log.ts'],
  ['src/core/native', '@napi-rs/blake-hash'],
  ['src/commands', '@oclif/core/flags'],
  ['src/commands', '../index.ts'],
];

const others: [folder: string, rule: string, content: string][] = [
  ['src/core', 'style/noProcessEnv', "export const home = process.env['HOME'];\n"],
  ['src/core', 'suspicious/noConsole', "console.info('reported');\n"],
  ['src/core', 'suspicious/noExplicitAny', 'export const same = (value: any) => value;\n'],
  ['src/core', 'style/noNonNullAssertion', 'export const sure = (value?: number) => value!;\n'],
  ['src/core', 'nursery/noFloatingPromises', 'async function later() {\n  return 1;\n}\nlater();\n'],
];

describe('the lint', () => {
  it('lets nobody cross a border', () => {
    const found = lint(crossings.map(([folder, from]) => ({ folder, content: using(from) })));
    for (const [at, crossing] of crossings.entries())
      expect.soft(found[at], crossing.join(' imports ')).toContain('style/noRestrictedImports');
  });

  it('lets pass what is on the right side of a border', () => {
    const found = lint(allowed.map(([folder, from]) => ({ folder, content: using(from) })));
    for (const [at, way] of allowed.entries())
      expect.soft(found[at], way.join(' imports ')).not.toContain('style/noRestrictedImports');
  });

  it('keeps the core from the environment, the console and loose types', () => {
    const found = lint(others.map(([folder, , content]) => ({ folder, content })));
    for (const [at, [, rule]] of others.entries()) expect.soft(found[at], rule).toContain(rule);
  });

  it('sees a circle of imports, also of types alone', () => {
    const circle = [1, 0].map((other, at) => ({
      folder: 'src/core/bus',
      content: `import type { T${other} } from './planted${other}.ts';\n\nexport interface T${at} {\n  readonly other: T${other} | null;\n}\n`,
    }));
    for (const rules of lint(circle)) expect(rules).toContain('suspicious/noImportCycles');
  });

  it('refuses what a server must never be asked for', () => {
    const refused = [
      "headers.set('Nats-Msg-Id', id);",
      'const options = { msgID: id };',
      "headers.set('Nats-Expected-Last-Msg-Id', id);",
      'const config = { allow_rollup_hdrs: true };',
      "headers.set('Nats-TTL', '1h');",
      'const config = { max_age: 3600 };',
      "await api.call('STREAM.MSG.DELETE.cdex_a', { seq: 1 }, deadline);",
      "await api.call('STREAM.PURGE.cdex_a', {}, deadline);",
      "import { connect } from './client.ts';",
    ];
    for (const line of refused) {
      const directory = tempDir();
      writeFileSync(join(directory, 'planted.ts'), `// planted\n${line}\n`);
      expect(natsFaults(directory), line).toEqual([expect.stringMatching(/planted\.ts:2: /)]);
    }
    expect(natsFaults(join(ROOT, 'src/core/ledger/nats'))).toEqual([]);
  });
});
