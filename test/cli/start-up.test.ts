/** Tests what a command on a file loads: nothing of the client for NATS, which is a bundle of its own, nor of what help needs. */

import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
// @ts-expect-error a script, without types
import { SMALL } from '../../scripts/sample-commands.js';
import { BIN } from '../support/cli.ts';
import { needs, runProgram, STRACE_PROBE, straceThreads } from '../support/fault-tools.ts';
import { succeed } from '../support/ledger-cli.ts';
import { tempDir } from '../support/temp-dir.ts';
import { traced } from '../support/traced.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
/** Text that only the client contains. */
const PROTOCOL = 'NATS/1.0';

const opened = (calls: readonly string[]) => calls.flatMap((line) => /openat\([^"]*"([^"]+)"/.exec(line)?.[1] ?? []);

it('a command on a file reads no byte of the client for NATS, nor the list of all commands', async (context) => {
  needs(context, ...STRACE_PROBE);
  const directory = tempDir();
  const ledger = join(directory, 'a.codex');
  const run = (name: string, ...args: string[]) =>
    traced(join(directory, name), 'openat', null, [...args, '-l', ledger]);
  for (const [name, ...args] of [
    ['init', 'init', '--routing', 'hash:id', '--time', 'at'],
    ['emit', 'emit'],
    ['tail', 'tail'],
  ] as [string, string][]) {
    const { code, stderr, calls } = await run(name, ...args);
    expect([code, stderr]).toEqual([0, expect.any(String)]);
    const files = opened(calls);
    expect(
      files.some((file) => file.includes('better-sqlite3')),
      'the trace shows modules',
    ).toBe(true);
    expect(files.filter((file) => /nats|oclif\.manifest/.test(file.slice(ROOT.length)))).toEqual([]);
    // all that small commands use is in one script
    expect(files.filter((file) => /verbs-/.test(file))).toEqual([]);
  }
});

it('a command on a ledger with a key and times reads one script, and a long one none of the seldom parts', async (context) => {
  needs(context, ...STRACE_PROBE);
  const directory = tempDir();
  const ledger = join(directory, 'a.codex');
  const event = `{"at":"2026-01-01T00:00:00.000Z","k":"one","text":"${'many'.repeat(40)}"}\n`;
  const [one, many] = [join(directory, 'one.jsonl'), join(directory, 'many.jsonl')];
  writeFileSync(one, event);
  // for a writing thread and a reading thread
  writeFileSync(many, event.repeat(30_000));
  await succeed(['init', '-l', ledger, '--time', 'at', '--routing', 'hash:k', '--partitions', '2']);
  const scriptsOf = async (...args: string[]) => {
    const { code, stderr, calls } = await traced(join(directory, 'calls'), 'openat', null, [...args, '-l', ledger]);
    expect([code, stderr]).toEqual([0, expect.any(String)]);
    return opened(calls).flatMap((file) => /\/((?:verbs|reader|writer)[-.\w]*\.cjs)$/.exec(file)?.[1] ?? []);
  };
  for (const small of [['emit', one], ['tail'], ['replay'], ['inspect'], ['partition']])
    expect([small[0], await scriptsOf(...small)]).toEqual([small[0], ['verbs.cjs']]);
  const long = ['verbs.cjs', 'verbs-long.cjs'];
  expect(await scriptsOf('emit', many)).toEqual([...long, 'writer-worker.cjs', 'writer-thread.cjs']);
  expect(await scriptsOf('replay')).toEqual([...long, 'reader-worker.cjs', 'reader-thread.cjs']);
});

it.for([
  ['a pipe', 'cat "$0" | exec "$@"'],
  ['a file', 'exec "$@" "$0"'],
] as const)('emit of volume from %s reads no script of what is seldom', async ([, command], context) => {
  needs(context, ...STRACE_PROBE);
  const directory = tempDir();
  const ledger = join(directory, 'a.codex');
  const [input, log] = [join(directory, 'many.jsonl'), join(directory, 'trace')];
  const line = (_: unknown, id: number) => `{"id":${id},"at":"2026-01-01T00:00:00Z","text":"${'many'.repeat(40)}"}\n`;
  writeFileSync(input, Array.from({ length: 20_000 }, line).join(''));
  await succeed(['init', '-l', ledger, '--routing', 'hash:id', '--time', 'at']);
  const trace = ['strace', ...straceThreads([]), '-o', log, '-e', 'trace=openat'];
  const emit = [process.execPath, BIN, 'emit', '-q', '-l', ledger];
  const { code } = await runProgram('sh', ['-c', command, input, ...trace, ...emit]);
  expect(code).toBe(0);
  const files = opened(readFileSync(log, 'utf8').split('\n'));
  const scripts = files.flatMap((file) => /(?:verbs-\w+|writer-thread)\.cjs$/.exec(file)?.[0] ?? []);
  expect(new Set(scripts)).toEqual(new Set(['verbs-long.cjs', 'writer-thread.cjs']));
});

it('emit of an event from a pipe loads no stream, socket, terminal or thread of Node', async (context) => {
  if (process.platform !== 'linux') context.skip();
  const directory = tempDir();
  const ledger = join(directory, 'a.codex');
  const preload = join(directory, 'loaded.cjs');
  writeFileSync(
    preload,
    "const { writeSync } = require('node:fs'); process.on('exit', () => writeSync(1, process.moduleLoadList.join('\\n')));\n",
  );
  await succeed(['init', '-l', ledger]);
  // a shell makes a pipe, where Node would make a socket
  const command = `echo '{"id":1}' | exec "$0" "$@"`;
  const words = [process.execPath, '-r', preload, join(ROOT, 'bin/run.js'), 'emit', '-q', '-l', ledger];
  const { code, stdout, stderr } = await runProgram('sh', ['-c', command, ...words]);
  expect([code, stderr]).toEqual([0, '']);
  const bare = await runProgram(process.execPath, ['-r', preload, '-e', '0']);
  const loadedBy = (output: Buffer) => new Set(output.toString().split('\n'));
  const [loaded, loadedAnyway] = [loadedBy(stdout), loadedBy(bare.stdout)];
  expect(loaded).toContain('NativeModule perf_hooks');
  const costly = [
    'stream',
    'net',
    'tty',
    'worker_threads',
    'timers/promises',
    'fs/promises',
    'crypto',
    'child_process',
  ];
  const added = costly
    .map((name) => `NativeModule ${name}`)
    .filter((name) => loaded.has(name) && !loadedAnyway.has(name));
  expect(added).toEqual([]);
  const replayed = await succeed(['replay', '-q', '-l', ledger]);
  expect(replayed.stdout.toString()).toBe('{"id":1}\n');
});

it('the build keeps compiled code of small verbs, of all others and of threads', () => {
  const files = [
    ...SMALL.map((verb: string) => `verbs.cjs.${verb}`),
    'verbs.cjs',
    'verbs-long.cjs',
    'verbs-seldom.cjs',
  ];
  const threads = ['writer', 'reader', 'backup'].map((name) => `${name}-thread.cjs`);
  const kept = [...files, ...threads].filter((name) => existsSync(join(ROOT, 'dist/cli', `${name}.code`)));
  expect(kept).toEqual([...files, ...threads]);
});

it('the client for NATS is in its own bundle alone', () => {
  const bundle = (name: string) => readFileSync(join(ROOT, 'dist/cli', name), 'utf8');
  expect(existsSync(join(ROOT, 'dist/cli/nats-client.cjs'))).toBe(true);
  expect(bundle('nats-client.cjs')).toContain(PROTOCOL);
  for (const name of [
    'verbs.cjs',
    'verbs-long.cjs',
    'verbs-seldom.cjs',
    'writer-thread.cjs',
    'reader-thread.cjs',
    'backup-thread.cjs',
  ])
    expect(bundle(name), name).not.toContain(PROTOCOL);
});

it('the library loads the client when a location on NATS is opened, and not before', async () => {
  const library = join(ROOT, 'dist/lib');
  const program = `
    import { createRequire } from 'node:module';
    import { Completengine } from ${JSON.stringify(join(library, 'index.js'))};
    const isLoaded = () => Object.keys(createRequire(import.meta.url).cache).some((file) => file.includes('@nats-io'));
    const ledger = ${JSON.stringify(join(tempDir(), 'a.codex'))};
    const engine = await Completengine.open({ ledger });
    await engine.emit('{}');
    await engine.close();
    const open = (location) => Completengine.open({ ledger: location, busyTimeoutMs: 1 }).catch(({ code }) => code);
    const found = [isLoaded(), await open('nats://127.0.0.1'), isLoaded(), await open('nats://127.0.0.1:9/a'), isLoaded()];
    console.log(found.join());
  `;
  const { code, stdout, stderr } = await runProgram(process.execPath, ['--input-type=module', '-e', program]);
  expect([code, stdout.toString(), stderr]).toEqual([0, 'false,INVALID_ARGUMENT,false,UNREACHABLE,true\n', '']);
});
