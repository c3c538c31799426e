/** Tests native modules that do not fit: one line with the versions, one with the command to run, exit code 69; for the library an error with a code. */

import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { cannotLoad } from '../../src/core/native/cannot-load.ts';
import { type Outcome, PlantedPackage } from '../support/planted-package.ts';
import { nodeHasZstd } from '../support/zstd.ts';

const isOldNode = Number(process.versions['napi']) < 10;
const REINSTALL = 'npm install --force completengine';
/** Without a binary: installing again does not help a Node that is too old. */
const INSTALL = isOldNode
  ? 'install Node 22.14 or later, which an installed completengine needs: nvm install 24'
  : REINSTALL;

const project = mkdtempSync(join(tmpdir(), 'completengine-test-'));
afterAll(() => rmSync(project, { recursive: true, force: true }));
let shared: PlantedPackage | undefined;

/** One for all tests, each time as if it were new. */
function plantedPackage(): PlantedPackage {
  if (shared === undefined) shared = new PlantedPackage({ project, isCompiled: true });
  else shared.restore();
  return shared;
}

function expectRefusal({ code, signal, out, err }: Outcome, fact: RegExp, hint: string): void {
  expect({ code, signal, out }, err).toEqual({ code: 69, signal: null, out: '' });
  const [first = '', second, ...rest] = err.split('\n');
  expect(first).toMatch(/^error: /);
  expect(first).toMatch(fact);
  expect(first).toContain(process.versions.node);
  expect(second).toBe(`  try: ${hint}`);
  expect(rest).toEqual(['']);
}

const OPEN = `
  import { Completengine, LedgerError } from 'completengine';
  const error = await Completengine.open({ ledger: './library.codex' }).catch((error) => error);
  console.log(error instanceof LedgerError, error.code);`;

/** Both the command and the library refuse, and leave no file. */
function expectBothToRefuse(planted: PlantedPackage, fact: RegExp, hint = REINSTALL): void {
  expectRefusal(planted.command(['init']), fact, hint);
  expect(planted.program(OPEN)).toEqual({ code: 0, signal: null, out: 'true CANNOT_LOAD\n', err: '' });
  expect(readdirSync(planted.project).filter((name) => name.includes('codex'))).toEqual([]);
}

/** Counts the threads that end with CANNOT_LOAD; prints that, and what the main thread has committed and replayed without threads. */
const THREADS = `
  import { rmSync } from 'node:fs';
  import module from 'node:module';
  import { Readable } from 'node:stream';
  import threads from 'node:worker_threads';
  let refused = 0;
  threads.Worker = class extends threads.Worker {
    constructor(...args) {
      super(...args);
      this.on('message', ({ kind, failure }) => { if (kind === 'failed' && failure.code === 'CANNOT_LOAD') refused++; });
    }
  };
  module.syncBuiltinESMExports();
  const { Completengine } = await import('completengine');
  const engine = await Completengine.open({ ledger: './library.codex' });
  rmSync(process.env.BINARY);
  const piece = (JSON.stringify({ text: 'x'.repeat(200) }) + '\\n').repeat(5000);
  const emitted = await engine.emit(Readable.from(Array.from({ length: 8 }, () => piece)));
  const replayed = await engine.replay();
  console.log(emitted.events, replayed.events, refused > 0);
  await engine.close();`;

function replaceAll(file: string, from: RegExp, to: string): number {
  let count = 0;
  const text = readFileSync(file, 'latin1').replace(from, () => {
    count++;
    return to;
  });
  writeFileSync(file, text, 'latin1');
  return count;
}

describe('a native module', () => {
  it('is used when it fits', () => {
    const planted = plantedPackage();
    expect(planted.command(['init'])).toMatchObject({ code: 0, err: '' });
    expect(planted.program(OPEN)).toMatchObject({ code: 0, out: 'false undefined\n' });
  });

  it('of a version that would crash this Node is not loaded', () => {
    const planted = plantedPackage();
    // checking the binary before the version would give another message
    writeFileSync(planted.binaryOf('better-sqlite3'), 'no binary');
    planted.setVersion('better-sqlite3', isOldNode ? '13.2.0' : '12.11.1');
    if (isOldNode)
      expectBothToRefuse(
        planted,
        /better-sqlite3 13\.2\.0 needs Node 22\.14 or later, and this is Node/,
        `with Node 22.14 or later: ${REINSTALL}`,
      );
    else expectBothToRefuse(planted, /better-sqlite3 12\.11\.1 is for Node 20, and this is Node/);
  });

  it('that is not installed is named', () => {
    const planted = plantedPackage();
    planted.remove('better-sqlite3');
    expectBothToRefuse(planted, /better-sqlite3 has no binary here for Node .* on/, INSTALL);
  });

  it('without its binary is named', () => {
    const planted = plantedPackage();
    rmSync(planted.binaryOf('better-sqlite3'));
    expectBothToRefuse(planted, /better-sqlite3 1\d\.\d+\.\d+ has no binary here for Node .* on/, INSTALL);
  });

  it('whose binary is damaged is named', () => {
    const planted = plantedPackage();
    writeFileSync(planted.binaryOf('better-sqlite3'), 'no binary');
    expectBothToRefuse(
      planted,
      /better-sqlite3 1\d\.\d+\.\d+ cannot be loaded by Node .*(file too short|invalid ELF header)/,
    );
  });

  it.runIf(process.platform === 'linux')('that needs a newer C library is named with both versions', () => {
    const planted = plantedPackage();
    const { header } = process.report.getReport() as unknown as { header: { glibcVersionRuntime: string } };
    expect(replaceAll(planted.binaryOf('better-sqlite3'), /GLIBC_2\./g, 'GLIBC_9.')).toBeGreaterThan(0);
    const fact = new RegExp(
      `better-sqlite3 1\\d\\.\\d+\\.\\d+ needs GLIBC_9\\.\\d+.*, and this system has glibc ${header.glibcVersionRuntime.replace('.', '\\.')} `,
    );
    expectBothToRefuse(
      planted,
      fact,
      'run it on a newer release of this system, or in a container of one: docker run -it node:24',
    );
  });

  it('for BLAKE3 is checked in the same way', () => {
    const planted = plantedPackage();
    writeFileSync(planted.binaryOf('@napi-rs/blake-hash-linux-x64-gnu'), 'no binary');
    expectBothToRefuse(planted, /@napi-rs\/blake-hash 1\.\d+\.\d+ cannot be loaded by Node/);
    planted.remove('@napi-rs/blake-hash-linux-x64-gnu');
    expectBothToRefuse(planted, /@napi-rs\/blake-hash 1\.\d+\.\d+ has no binary here for Node/, INSTALL);
  });

  it.runIf(!nodeHasZstd)('for zstd is needed by compressed frames alone', () => {
    const planted = plantedPackage();
    expect(planted.command(['init', '-l', 'compressed.codex', '--compression', 'zstd'])).toMatchObject({ code: 0 });
    planted.remove('zstd-napi');
    const hint = 'use Node 22.15 or later, or install the package: npm install zstd-napi@0.0.13';
    const fact = /zstd-napi is not installed, and Node .* has no zstd of its own/;
    expectRefusal(planted.command(['init', '-l', 'never.codex', '--compression', 'zstd']), fact, hint);
    expect(readdirSync(planted.project).filter((name) => name.includes('never'))).toEqual([]);
    writeFileSync(join(planted.project, 'bad.jsonl'), 'no JSON\n');
    // before the input is read, which has a bad line
    const emitted = planted.command(['emit', 'bad.jsonl', '-l', 'compressed.codex']);
    expect(emitted.code, emitted.err).toBe(69);
    expect(emitted.err).toMatch(fact);
    expect(planted.command(['inspect', '-l', 'compressed.codex'])).toMatchObject({ code: 0, err: '' });
    expect(planted.command(['init'])).toMatchObject({ code: 0, err: '' });
    expectRefusal(planted.command(['compact', '--compression', 'zstd']), fact, hint);
  });

  it('is not needed by a command that opens no ledger', () => {
    const planted = plantedPackage();
    planted.remove('better-sqlite3');
    planted.remove('@napi-rs/blake-hash');
    expect(planted.command(['--version'])).toMatchObject({ code: 0, err: '' });
    expect(planted.command(['emit', '--help'])).toMatchObject({ code: 0, err: '' });
  });

  it('that disappears while a ledger is open leaves the work of the threads to the main thread', () => {
    const planted = plantedPackage();
    const { code, out, err } = planted.program(THREADS, { BINARY: planted.binaryOf('better-sqlite3') });
    expect({ code, out }, err).toEqual({ code: 0, out: '40000 40000 true\n' });
  });

  it('compiled for another Node is named with both ABIs', () => {
    const thrown = Object.assign(
      new Error(
        "The module '/x/better_sqlite3.node'\nwas compiled against a different Node.js version using\nNODE_MODULE_VERSION 115. This version of Node.js requires\nNODE_MODULE_VERSION 137. Please try",
      ),
      { code: 'ERR_DLOPEN_FAILED' },
    );
    const error = cannotLoad(
      { name: 'better-sqlite3', version: '12.11.1' },
      new Error('no file fits', { cause: thrown }),
    );
    expect(error).toMatchObject({
      code: 'CANNOT_LOAD',
      hint: 'npm run setup',
      details: { module: 'better-sqlite3', version: '12.11.1' },
    });
    expect(error.message).toMatch(
      /^better-sqlite3 12\.11\.1 was compiled for another Node \(ABI 115\), and this is Node \d+\.\d+\.\d+ \(ABI \d+\)$/,
    );
  });
});
