/**
 * The table of borders: which room may not import which other, and why. Without arguments it writes the lint rules of the table to
 * `biome.borders.json`; with `--check` it only compares, and exits with 1 if that file is out of date.
 */

import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { natsFaults } from './nats-rules.js';

const FILE = fileURLToPath(new URL('../biome.borders.json', import.meta.url));

const ORGANS = ['emission', 'router', 'ledger', 'bus', 'scheduler', 'replay', 'output'];
const JOINTS = ['**/engine.ts', '**/engine/**'];
const folders = (names) => names.map((name) => `**/${name}/**`);

const NO_COMMAND_LINE = 'neither the core nor a document knows a command line';
const NO_TERMINAL = 'neither the core nor a document knows a terminal';
const SQL_HERE_ALONE = { 'better-sqlite3': 'SQL lives in core/ledger/sqlite alone' };
const BLAKE3_HERE_ALONE = { '@napi-rs/blake-hash': 'core/native/blake3.ts loads it when it is first used' };
const ZSTD_HERE_ALONE = { 'zstd-napi': 'core/native/zstd.ts loads it when it is first used' };
const NATIVE = { ...SQL_HERE_ALONE, ...BLAKE3_HERE_ALONE, ...ZSTD_HERE_ALONE };
const NATS_HERE_ALONE = {
  group: ['@nats-io/*'],
  message: 'core/ledger/nats/client.ts loads it when a location on NATS is opened',
};
const FRONT_DOOR = { group: ['**/core/**', '!@oclif/core/**'], message: 'commands use the front door: src/index.ts' };

/** Packages of the command line, which neither the core nor the views import. */
const TERMINAL = {
  '@oclif/core': NO_COMMAND_LINE,
  chalk: NO_TERMINAL,
  'cli-table3': NO_TERMINAL,
  'cli-progress': NO_TERMINAL,
  'string-width': NO_TERMINAL,
};
const CORE_PATTERNS = [
  { group: ['**/cli/**', '**/commands/**', '**/views/**'], message: 'the core does not know what is built on it' },
  { group: ['@oclif/**'], message: NO_COMMAND_LINE },
];
/** For those that no other storage, and nothing above the port, may know. */
const STORAGES = ['sqlite', 'nats'];

/** A room of the core. `packages` and `rooms`: what it may not import in addition to {@link TERMINAL}. */
function core(
  room,
  { packages = NATIVE, rooms = [], message = '', isNatsClient = false, readsEnvironment = false } = {},
) {
  const patterns = [
    ...CORE_PATTERNS,
    ...(isNatsClient ? [] : [NATS_HERE_ALONE]),
    ...(rooms.length === 0 ? [] : [{ group: rooms, message }]),
  ];
  const rules = { noProcessEnv: readsEnvironment ? 'off' : 'error' };
  return border(room, { paths: { ...TERMINAL, ...packages }, patterns }, rules);
}

function border(room, options, rules = {}) {
  const includes = Array.isArray(room) ? room : [room];
  return { includes, linter: { rules: { style: { noRestrictedImports: { level: 'error', options }, ...rules } } } };
}

function organ(name) {
  const others = ORGANS.filter((other) => other !== name);
  return core(`src/core/${name}/**`, {
    packages: name === 'ledger' ? { ...BLAKE3_HERE_ALONE, ...ZSTD_HERE_ALONE } : NATIVE,
    rooms: [...folders(others), ...JOINTS],
    message: 'organs do not import organs: engine.ts joins them',
  });
}

/** Later rows override earlier ones. */
const BORDERS = [
  core(['src/core/*.ts', 'src/core/engine/**'], {
    rooms: folders(STORAGES),
    message: 'the engine knows the port, and no storage engine',
  }),
  core('src/core/model/**', {
    packages: { ...SQL_HERE_ALONE, ...ZSTD_HERE_ALONE, '@napi-rs/blake-hash': 'nouns do not compute hashes' },
    rooms: [...folders(['kernel', 'native', ...ORGANS]), ...JOINTS],
    message: 'nouns import no organ',
  }),
  core('src/core/kernel/**', {
    packages: {
      ...SQL_HERE_ALONE,
      ...ZSTD_HERE_ALONE,
      '@napi-rs/blake-hash': 'the kernel does not compute these hashes',
    },
    rooms: [...folders(ORGANS), ...JOINTS],
    message: 'the kernel knows no organ',
  }),
  core(['src/core/checkpoint/**', 'src/core/formats/**', 'src/core/frames/**', 'src/core/scan/**'], {
    rooms: [...folders(ORGANS), ...JOINTS],
    message: 'what organs share knows none of them',
  }),
  core('src/core/native/**', {
    packages: SQL_HERE_ALONE,
    rooms: [...folders(['kernel', ...ORGANS]), ...JOINTS],
    message: 'what loads native modules knows no organ',
  }),
  ...ORGANS.map(organ),
  core(['src/core/ledger/*.ts', 'src/core/ledger/protocol/**'], {
    rooms: [...folders([...STORAGES, ...ORGANS.filter((name) => name !== 'ledger')]), ...JOINTS],
    message: 'the port knows no storage engine and no organ',
  }),
  core('src/core/ledger/log/**', {
    packages: NATIVE,
    rooms: [...folders(['sqlite', 'nats', ...ORGANS.filter((name) => name !== 'ledger')]), ...JOINTS, '@nats-io/**'],
    message: 'a log of proposals knows the port of a log, and no store of one',
  }),
  core('src/core/ledger/drivers.ts', {
    rooms: [...folders(ORGANS.filter((name) => name !== 'ledger')), ...JOINTS],
    message: 'drivers know storage engines, and no organ',
  }),
  ...['**', 'client.ts', 'environment.ts'].map((file) =>
    core(`src/core/ledger/nats/${file}`, {
      rooms: [...folders(['sqlite', ...ORGANS.filter((name) => name !== 'ledger')]), ...JOINTS],
      message: 'a storage engine knows the port, no other one and no organ',
      isNatsClient: file === 'client.ts',
      readsEnvironment: file === 'environment.ts',
    }),
  ),
  border('src/views/**', {
    paths: { ...NATIVE, ...TERMINAL },
    patterns: [
      FRONT_DOOR,
      NATS_HERE_ALONE,
      { group: ['**/cli/**', '**/commands/**'], message: 'a document does not know how it is shown' },
    ],
  }),
  border('src/cli/**', {
    paths: NATIVE,
    patterns: [
      FRONT_DOOR,
      NATS_HERE_ALONE,
      { group: ['**/commands/**'], message: 'what commands share does not know them' },
    ],
  }),
  // it decides nothing about a ledger, and loads with the charts: a second copy of the core would come with it
  border('src/cli/plate/**', {
    paths: { ...NATIVE, ...TERMINAL },
    patterns: [
      FRONT_DOOR,
      NATS_HERE_ALONE,
      { group: ['**/index.ts', '**/commands/**'], message: 'a page is made of a document alone' },
    ],
  }),
  border('src/commands/**', { paths: NATIVE, patterns: [FRONT_DOOR, NATS_HERE_ALONE] }),
];

const text = `${JSON.stringify({ $schema: './node_modules/@biomejs/biome/configuration_schema.json', overrides: BORDERS }, null, 2)}\n`;

if (!process.argv.includes('--check')) writeFileSync(FILE, text);
else if (readFileSync(FILE, 'utf8') !== text) {
  process.stderr.write('biome.borders.json does not match the table of borders: run node scripts/borders.js\n');
  process.exitCode = 1;
}
for (const fault of natsFaults(fileURLToPath(new URL('../src/core/ledger/nats', import.meta.url)))) {
  process.stderr.write(`${fault}\n`);
  process.exitCode = 1;
}
