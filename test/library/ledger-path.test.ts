import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { Completengine } from '../../src/index.ts';
import { BIN, runCli } from '../support/cli.ts';
import { failureOf, ledgerPath, openEngine } from '../support/engines.ts';
import { expectFailure } from '../support/ledger-cli.ts';
import { tempDir } from '../support/temp-dir.ts';

test.each(['-wal', '-shm', '-journal', '-WAL'])(
  'a ledger is not made and not opened under a name that ends with %s, nor by a link to one',
  async (end) => {
    const ledger = `${ledgerPath()}${end}`;
    const calls = [
      () => Completengine.create(ledger),
      () => Completengine.open({ ledger }),
      () => Completengine.open({ ledger, create: false }),
      () => Completengine.open({ ledger, access: 'read' }),
      async () => Completengine.exists(ledger),
    ];
    for (const call of calls) {
      const error = await failureOf(call, 'INVALID_ARGUMENT');
      expect(error.message).toContain(`names that end with ${end}`);
      expect(error.hint).toBe('use another name');
    }
    expect(readdirSync(dirname(ledger))).toEqual([]);
    writeFileSync(ledger, '');
    const link = join(tempDir(), 'link.codex');
    symlinkSync(ledger, link);
    await failureOf(() => Completengine.open({ ledger: link }), 'INVALID_ARGUMENT');
  },
);

test('a name may hold such an end elsewhere', async () => {
  const engine = await openEngine({ ledger: join(tempDir(), 'x-wal.codex') });
  expect((await engine.emit(1)).sequence).toBe(1);
});

test('replay --into refuses such a name, and makes nothing', async () => {
  const ledger = ledgerPath();
  await (await openEngine({ ledger })).emit(1);
  const into = `${ledgerPath()}-wal`;
  expectFailure(await runCli(['replay', '--into', into, '-l', ledger]), 2, /cannot name a ledger/);
  expect(existsSync(into)).toBe(false);
});

test('a link that leads nowhere is named, and where it leads', async () => {
  const directory = tempDir();
  const link = join(directory, 'link.codex');
  symlinkSync('gone.codex', link);
  const target = join(directory, 'gone.codex');
  for (const call of [() => Completengine.create(link), () => Completengine.open({ ledger: link })]) {
    const error = await failureOf(call, 'CANNOT_CREATE');
    expect(error.message).toBe(`cannot create ${link}: it is a link to ${target}, which is not there`);
    expect(error.hint).toContain(`init --ledger ${target}`);
  }
  const error = await failureOf(() => Completengine.open({ ledger: link, create: false }), 'NO_LEDGER');
  expect(error.message).toContain(`a link to ${target}, which is not there`);
  expect(existsSync(target)).toBe(false);
  await Completengine.create(target);
  expect((await openEngine({ ledger: link })).identity.path).toBe(link);
});

test('a deleted working directory is reported, and an absolute path works there', async () => {
  const ledger = ledgerPath();
  await (await openEngine({ ledger })).emit(1);
  // the shell stays in a directory that it removes
  const gone = join(tempDir(), 'gone');
  mkdirSync(gone);
  const inGone = (...args: string[]) => runCliIn(gone, args);
  const relative = inGone('inspect', '-l', 'events.codex');
  expect(relative).toMatch(
    /^error: the working directory is gone, so 'events.codex' leads nowhere\n {2}try: .*absolute path\n66\n$/,
  );
  mkdirSync(gone);
  expect(inGone('tail', '-l', ledger)).toBe('1\n0\n');
  mkdirSync(gone);
  expect(inGone('bench', '--dir', 'here')).toMatch(
    /^error: no temporary ledger can be created in here: ENOENT\n {2}try: .*\n73\n$/,
  );
  expect(existsSync(gone)).toBe(false);
});

function runCliIn(directory: string, args: readonly string[]): string {
  const script = 'cd "$1" && rmdir "$1" && shift && "$@" 2>&1; echo $?';
  return execFileSync('sh', ['-c', script, 'sh', directory, process.execPath, BIN, ...args], { encoding: 'utf8' });
}
