/** `inspect --sign` and `inspect --verify --checkpoint`. */

import {
  appendFileSync,
  chmodSync,
  copyFileSync,
  lstatSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { runCli } from '../support/cli.ts';
import { expectFailure, fileIn, newLedger, numbers, succeed } from '../support/ledger-cli.ts';
import { keyFiles } from '../support/signing-keys.ts';
import { tempDir } from '../support/temp-dir.ts';

interface Site {
  readonly ledger: string;
  readonly directory: string;
  readonly key: string;
  readonly publicKey: string;
  readonly file: string;
}

async function site(): Promise<Site> {
  const directory = tempDir();
  return { ledger: await newLedger(), directory, ...keyFiles(directory, 'log'), file: join(directory, 'checkpoints') };
}

const emit = (ledger: string, from: number, through: number) =>
  succeed(['emit', '-q', '-l', ledger], { input: numbers(from, through) });
const sign = ({ ledger, key, file }: Site, ...args: readonly string[]) =>
  succeed(['inspect', '-l', ledger, '--sign', key, '--checkpoint', file, ...args]);
const verify = ({ ledger, file, publicKey }: Site, ...args: readonly string[]) =>
  runCli(['inspect', '-l', ledger, '--verify', '--checkpoint', file, '--public-key', publicKey, ...args]);

test('signs the head, prints it and the verifier key, and proves it later', async () => {
  const it = await site();
  await emit(it.ledger, 1, 3);
  const { stdout, stderr } = await succeed(['inspect', '-l', it.ledger, '--sign', it.key, '--name', 'log.example']);
  expect(stdout.toString()).toMatch(
    /^completengine\/[0-9a-f-]{36}\n3\n[A-Za-z0-9+/]{43}=\njoints 1\ntime 20\S+Z\nformat completengine\/1\n\n— log\.example [A-Za-z0-9+/=]+\n$/,
  );
  const verifierKey = /^signed by (log\.example\+[0-9a-f]{8}\+\S+)\n$/.exec(stderr)?.[1] as string;
  expect(verifierKey).toBeTruthy();
  writeFileSync(it.file, stdout);
  await emit(it.ledger, 4, 9);
  for (const key of [verifierKey, it.publicKey, fileIn(it.directory, 'trusted', `# log\n${verifierKey}\n`)]) {
    const proven = await verify({ ...it, publicKey: key });
    expect(proven.stdout.toString()).toMatch(
      /^OK: 9 events in 2 commits; head 9:[0-9a-f]+; extends 1 signed checkpoint, the last one 3:[0-9a-f]+\n$/,
    );
    expect(proven.code).toBe(0);
  }
  const document = JSON.parse((await verify(it, '--json')).stdout.toString());
  expect(document).toMatchObject({ isAnchored: true, checkpoints: { checkpoints: 1, signers: [{ verifierKey }] } });
  const json = JSON.parse((await succeed(['inspect', '-l', it.ledger, '--sign', it.key, '--json'])).stdout.toString());
  expect(json.note).toContain('\n9\n');
});

test('appends to a file, each checkpoint naming the one before it', async () => {
  const it = await site();
  for (const at of [0, 1, 2]) {
    await emit(it.ledger, at, at);
    await sign(it);
  }
  expect(readFileSync(it.file, 'utf8').match(/^previous /gm)).toHaveLength(2);
  expect((await verify(it)).stdout.toString()).toContain('extends 3 signed checkpoints');
  const notes = readFileSync(it.file, 'utf8').split(/(?=completengine\/[0-9a-f-]{36}\n)/);
  expect(notes).toHaveLength(3);
  writeFileSync(it.file, notes[0] + (notes[2] as string));
  expectFailure(await verify(it), 3, /^error: the checkpoint before checkpoint 2 of .*, at sequence 3, was removed/);
  writeFileSync(it.file, '');
  expectFailure(await verify(it), 3, 'has no checkpoint');
});

test('a history that was cut off and continued otherwise, and a fork, are named', async () => {
  const it = await site();
  await emit(it.ledger, 1, 2);
  await sign(it);
  const copy = join(it.directory, 'copy.codex');
  copyFileSync(it.ledger, copy);
  await emit(it.ledger, 3, 4);
  await sign(it);
  expectFailure(
    await verify({ ...it, ledger: copy }),
    3,
    /checkpoint 2 of .*, at sequence 4: the ledger ends at sequence 2/,
  );
  expectFailure(
    await runCli(['inspect', '-l', copy, '--sign', it.key, '--checkpoint', it.file]),
    3,
    'the ledger does not extend its last checkpoint',
  );
  await emit(copy, 7, 8);
  expectFailure(
    await verify({ ...it, ledger: copy }),
    3,
    /checkpoint 2 of .*, at sequence 4: the ledger has another history/,
  );
  const other = { ...it, ledger: copy, file: join(it.directory, 'other') };
  await sign(other);
  const both = ['--checkpoint', other.file];
  const fork = /a fork: checkpoint 2 of \S+checkpoints, at sequence 4, and checkpoint 1 of \S+other, at sequence 4/;
  expectFailure(await verify(it, ...both), 3, fork);
  // also where neither ledger is at hand
  expectFailure(await verify({ ...it, ledger: join(it.directory, 'gone.codex') }, ...both), 3, fork);
  expectFailure(await verify({ ...it, ledger: join(it.directory, 'gone.codex') }), 66, 'gone.codex');
});

test('a part of a checkpoint that a crash has left is named, and cut off before the next one', async () => {
  const it = await site();
  for (const at of [1, 2]) {
    await emit(it.ledger, at, at);
    await sign(it);
  }
  const whole = readFileSync(it.file);
  const [first] = whole.toString().split(/(?<=\n)(?=completengine\/[0-9a-f-]{36}\n)/);
  const firstEnd = Buffer.byteLength(first as string);
  // without its line feed and its mark, in its signature, in its text and within its first bytes
  const cuts = [3, 60, 200].map((bytes) => whole.subarray(0, whole.length - bytes));
  const garbage = Buffer.from(whole.subarray(0, -2)).fill(0xa3, firstEnd, firstEnd + 64);
  for (const left of [...cuts, whole.subarray(0, firstEnd + 3), garbage]) {
    writeFileSync(it.file, left);
    expect((await verify(it)).stdout.toString()).toMatch(
      /extends 1 signed checkpoint, .*; \d+ bytes of a checkpoint that was not written to its end ignored\n$/,
    );
    const { stderr } = await sign(it);
    expect(stderr).toMatch(/^warning: .* ended in a part of a checkpoint .*: its \d+ bytes were cut off; /);
    expect((await verify(it)).stdout.toString()).toContain('extends 2 signed checkpoints');
  }
  // blocks that a power cut has left empty, or with anything in them
  for (const [nth, block] of [
    Buffer.alloc(300),
    Buffer.alloc(300, '\n\na\u2014 b\n'),
    Buffer.alloc(300, 0xff),
  ].entries()) {
    appendFileSync(it.file, block);
    expect((await sign(it)).stderr).toMatch(/: its (300|298) bytes were cut off/);
    expect((await verify(it)).stdout.toString()).toContain(`extends ${3 + nth} signed checkpoints`);
  }
});

test('one that was acknowledged and is damaged is named by its line, and nothing is appended to it', async () => {
  const it = await site();
  for (const at of [1, 2]) {
    await emit(it.ledger, at, at);
    await sign(it);
  }
  const whole = readFileSync(it.file);
  const second = whole.indexOf('\n\n\n') + 3;
  const line = whole.subarray(0, second).toString().split('\n').length;
  const named = (nth: number, from: number, fault: string) =>
    `error: checkpoint ${nth} of ${it.file}, from line ${from} on, is not a ${fault}`;
  for (const [at, byte, fault] of [
    [second, 0, 'signed note: it has a control character'],
    [second, 0xff, 'signed note: it is not UTF-8'],
    [second + 3, 0x2e, 'checkpoint of a ledger: its first line'],
    [whole.length - 4, 0x2e, 'signed note: a signature is not base64'],
  ] as const) {
    const damaged = Buffer.from(whole);
    damaged[at] = byte;
    writeFileSync(it.file, damaged);
    expectFailure(await verify(it), 3, named(2, line, fault));
    const refused = await runCli(['inspect', '-l', it.ledger, '--sign', it.key, '--checkpoint', it.file]);
    expectFailure(refused, 3, 'the last checkpoint in it is damaged, and was whole: nothing was written to it');
    expect(readFileSync(it.file)).toEqual(damaged);
  }
  const middle = Buffer.from(whole);
  middle[0] = 0x2e;
  writeFileSync(it.file, middle);
  expectFailure(await verify(it), 3, named(1, 1, 'checkpoint of a ledger: its first line'));
});

test('the first checkpoint of an empty file takes its place at once, and keeps its mode and its links', async () => {
  const it = await site();
  const target = fileIn(it.directory, 'target', '');
  chmodSync(target, 0o640);
  symlinkSync(target, it.file);
  await sign(it);
  await sign(it);
  expect(lstatSync(it.file).isSymbolicLink()).toBe(true);
  expect(statSync(target).mode & 0o777).toBe(0o640);
  expect((await verify(it)).stdout.toString()).toContain('extends 2 signed checkpoints');
  expect(readdirSync(it.directory).sort()).toEqual(['checkpoints', 'log.pem', 'log.pub', 'target']);
});

test('writes to no file of something else', async () => {
  const it = await site();
  const lines = '{"a":1}\n{"b":2}\n';
  writeFileSync(it.file, lines);
  const signing = (file: string) => runCli(['inspect', '-l', it.ledger, '--sign', it.key, '--checkpoint', file]);
  expectFailure(await signing(it.file), 2, 'it is no file of checkpoints: nothing was written to it');
  writeFileSync(it.file, `${lines}x`);
  expectFailure(await signing(it.file), 2, 'it is no file of checkpoints');
  expect(readFileSync(it.file, 'utf8')).toBe(`${lines}x`);
  const before = readFileSync(it.ledger);
  expectFailure(await signing(it.ledger), 2, 'is the ledger itself');
  expectFailure(await runCli(['inspect', '-l', it.ledger, '--sign', it.ledger]), 2, 'is the ledger itself');
  expect(readFileSync(it.ledger)).toEqual(before);
  expectFailure(await signing(join(it.directory, 'no', 'such')), 73, 'cannot write checkpoints');
  expectFailure(await signing(it.directory), 73, 'cannot write checkpoints');
  expectFailure(await verify(it), 3, 'has no checkpoint');
});

test('a wrong key, and a command line that makes no sense, are refused', async () => {
  const it = await site();
  await sign(it);
  const other = keyFiles(it.directory, 'other');
  expectFailure(await verify({ ...it, publicKey: other.publicKey }), 3, 'is not signed by a trusted key');
  expectFailure(await verify({ ...it, publicKey: it.key }), 2, 'it is a private key');
  expectFailure(await verify({ ...it, publicKey: 'no.pub' }), 66, 'there is no key at no.pub');
  expectFailure(await verify({ ...it, file: 'none' }), 66, 'there is no file of checkpoints at none');
  const inspect = (...args: readonly string[]) => runCli(['inspect', '-l', it.ledger, ...args]);
  expectFailure(await inspect('--verify', '--checkpoint', it.file), 2, 'prove nothing without the key');
  expectFailure(await inspect('--checkpoint', it.file, '--public-key', it.publicKey), 2, 'verified or signed');
  expectFailure(await inspect('--name', 'x'), 2, '--name');
  expectFailure(await inspect('--sign', it.publicKey), 2, 'it is a public key');
  expectFailure(await inspect('--sign', 'none.pem'), 66, 'there is no key at none.pem');
  expectFailure(await inspect('--sign', it.key, '--verify'), 2, '--verify');
  chmodSync(it.key, 0o644);
  expect((await inspect('--sign', it.key)).stderr).toContain(
    `can read or write the private key ${it.key}; run chmod 600`,
  );
});

test('a key that is replaced names the next one', async () => {
  const it = await site();
  await sign(it);
  const next = keyFiles(it.directory, 'next');
  await sign(it, '--next-key', next.publicKey);
  await emit(it.ledger, 1, 1);
  await sign({ ...it, key: next.key });
  expect((await verify(it)).stdout.toString()).toContain('extends 3 signed checkpoints');
  await emit(it.ledger, 2, 2);
  await sign(it);
  expectFailure(
    await verify(it),
    3,
    /checkpoint 4 of .*, at sequence 2, is signed by a key that was replaced at sequence 0/,
  );
});

test('an archived history is proven with its segments, and a dropped one by what came after it', async () => {
  const it = await site();
  for (const [from, through] of [
    [1, 1],
    [2, 3],
    [4, 6],
  ] as const) {
    await emit(it.ledger, from, through);
    await sign(it);
  }
  await succeed(['archive', '-l', it.ledger, '--limit', '3', '--yes']);
  await sign(it);
  await emit(it.ledger, 7, 9);
  expect((await verify(it)).stdout.toString()).toContain('extends 4 signed checkpoints');
  expectFailure(await verify(it, '--archive', it.directory), 66, /checkpoint 1 of .*: .*archived history/);
  await succeed(['archive', '-l', it.ledger, '--limit', '3', '--drop', '--yes']);
  await sign(it);
  expect((await verify(it)).stdout.toString()).toMatch(
    /extends 3 signed checkpoints, .*; 2 checkpoints of dropped history not compared/,
  );
  const segment = join(`${it.ledger}.archive`, readdirSync(`${it.ledger}.archive`)[0] as string);
  expectFailure(await runCli(['inspect', '-l', segment, '--sign', it.key]), 69, 'is a segment of an archive');
});
