/** `inspect --proof` and `proof`. */

import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { runCli } from '../support/cli.ts';
import { expectFailure, fileIn, newLedger, numbers, succeed } from '../support/ledger-cli.ts';
import { keyFiles } from '../support/signing-keys.ts';
import { tempDir } from '../support/temp-dir.ts';

async function site() {
  const directory = tempDir();
  const ledger = await newLedger('--partitions', '2');
  return { directory, ledger, ...keyFiles(directory, 'log'), proof: join(directory, 'p.json') };
}

type Site = Awaited<ReturnType<typeof site>>;
type Keys = ReturnType<typeof keyFiles>;

/** Makes a proof with these flags, and returns how many links it has. */
async function prove({ ledger, proof }: Site, sequence: number, ...args: readonly string[]): Promise<number> {
  const { stdout, stderr } = await succeed([
    'inspect',
    '-l',
    ledger,
    '--sequence',
    String(sequence),
    '--proof',
    ...args,
  ]);
  writeFileSync(proof, stdout);
  const [, links] =
    /^proof of sequence \d+: (\d+) links?, .*, up to the checkpoint \d+:[0-9a-f]+\n$/.exec(stderr) ?? [];
  return Number(links);
}

const check = ({ proof, publicKey }: Site, ...args: readonly string[]) =>
  runCli(['proof', proof, '--public-key', publicKey, ...args]);

test('a proof holds without the ledger, and says what the ledger says', async () => {
  const it = await site();
  const file = join(it.directory, 'checkpoints');
  const emit = ['emit', '-q', '-l', it.ledger];
  await succeed([...emit, '--key', 'acme'], { input: '{"a":"ü\\u0007"}\n{"b":2}\n' });
  await succeed([...emit, '--checkpoint', file, '--sign', it.key], { input: numbers(3, 4) });
  await succeed(emit, { input: numbers(5, 9) });
  const { stdout } = await succeed(['inspect', '-l', it.ledger, '--sequence', '1', '--json']);
  const event = JSON.parse(stdout.toString());
  expect(await prove(it, 1, '--checkpoint', file)).toBe(2);
  rmSync(it.ledger);
  const text = (await check(it)).stdout.toString();
  expect(text).toMatch(
    /^OK: sequence 1, partition \d, offset 0, \S+Z, key acme of [0-9a-f-]{36}; 2 links to the checkpoint 4:[0-9a-f]+, signed by completengine\/\S+\n\{"a":"ü\\u0007"\}\n$/,
  );
  const document = JSON.parse((await check(it, '--json')).stdout.toString());
  expect(document).toMatchObject({ sequence: 1, time: event.time, payload: event.payload, givenKey: 'acme', links: 2 });
});

test('a checkpoint that is signed for it, and what is not covered', async () => {
  const it = await site();
  const file = join(it.directory, 'checkpoints');
  await succeed(['emit', '-q', '-l', it.ledger, '--checkpoint', file, '--sign', it.key], { input: '1\n' });
  await succeed(['emit', '-q', '-l', it.ledger], { input: '2\n' });
  expect(await prove(it, 2, '--sign', it.key, '--name', 'log.example')).toBe(1);
  expect((await check(it)).stdout.toString()).toContain(', signed by log.example\n2\n');
  const proof = (...args: readonly string[]) => runCli(['inspect', '-l', it.ledger, '--proof', ...args]);
  expectFailure(
    await proof('--sequence', '2', '--checkpoint', file),
    3,
    'there is no checkpoint at sequence 2 or after it',
  );
  expectFailure(await proof('--sequence', '3', '--checkpoint', file), 2, 'there is no sequence 3');
  expectFailure(await proof('--sequence', '1'), 2, 'a proof leads to a checkpoint');
  expectFailure(await proof('--checkpoint', file), 2, '--sequence');
  expectFailure(
    await runCli(['inspect', '-l', it.ledger, '--sequence', '1', '--sign', it.key]),
    2,
    'an event is not signed',
  );
});

test('what does not hold is refused: another key, another event, no proof', async () => {
  const it = await site();
  await succeed(['emit', '-q', '-l', it.ledger], { input: numbers(1, 3) });
  await prove(it, 2, '--sign', it.key);
  const text = readFileSync(it.proof, 'utf8');
  const other = keyFiles(it.directory, 'other');
  expectFailure(await check({ ...it, publicKey: other.publicKey }), 3, 'is not signed by a trusted key');
  expectFailure(await check(it, '--witnesses', '1'), 3, 'has not the cosignatures of 1');
  writeFileSync(it.proof, text.replace('"sequence":2', '"sequence":3'));
  const next = await check(it);
  // both may be in one frame: then it proves the other event, as itself
  if (next.code === 0) expect(next.stdout.toString()).toMatch(/^OK: sequence 3, .*\n3\n$/);
  else expectFailure(next, 3, 'its frame does not have sequence 3');
  writeFileSync(it.proof, text.replaceAll('0,0,2', '0,0,7').replaceAll('1,0,2', '1,0,7'));
  expectFailure(await check(it), 3, 'its frame is none of the commit');
  expectFailure(await check({ ...it, proof: fileIn(it.directory, 'x', '\u001b[31m') }), 3, 'the file is no JSON');
  expectFailure(await check({ ...it, proof: join(it.directory, 'none') }), 66, 'there is no proof at');
  expectFailure(await runCli(['proof', it.proof]), 2, 'public-key');
});

test('a proof leads from a key that was replaced to the one that has signed its checkpoint', async () => {
  const it = await site();
  const file = join(it.directory, 'checkpoints');
  const [second, third] = ['second', 'third'].map((name) => keyFiles(it.directory, name)) as [Keys, Keys];
  const sign = (key: string, ...args: readonly string[]) =>
    succeed(['inspect', '-l', it.ledger, '--sign', key, '--checkpoint', file, ...args]);
  const emit = (event: number) => succeed(['emit', '-q', '-l', it.ledger], { input: `${event}\n` });
  await emit(1);
  await sign(it.key);
  await sign(it.key, '--next-key', second.publicKey);
  await emit(2);
  await sign(second.key, '--next-key', third.publicKey);
  await emit(3);
  await sign(third.key);
  await prove(it, 3, '--checkpoint', file);
  for (const { publicKey } of [it, second, third]) {
    const proven = await check({ ...it, publicKey });
    expect([proven.code, proven.stderr]).toEqual([0, '']);
    // by the last one alone
    expect(proven.stdout.toString()).toMatch(/, signed by [^,]+\n3\n$/);
  }
  const { signers } = JSON.parse((await check(it, '--json')).stdout.toString());
  expect(signers).toHaveLength(1);
  expectFailure(
    await check(it, '--witnesses', '1'),
    3,
    /^error: checkpoint 1 of the proof, .* has not the cosignatures/,
  );
  const text = readFileSync(it.proof, 'utf8');
  const { nextKeys } = JSON.parse(text);
  expect(nextKeys).toHaveLength(2);
  const changed = (notes: readonly string[]) =>
    fileIn(it.directory, 'changed.json', text.replace(JSON.stringify(nextKeys), JSON.stringify(notes)));
  // without the one that its key has signed
  expectFailure(await check({ ...it, proof: changed(nextKeys.slice(1)) }), 3, 'is not signed by a trusted key');
  expectFailure(
    await check({ ...it, proof: changed([nextKeys[0].replace('\n1\n', '\n2\n')]) }),
    3,
    'does not fit its text',
  );
  expectFailure(await check({ ...it, proof: changed(['x']) }), 3, 'the next keys of the proof has no checkpoint');
  const own = JSON.parse(text).checkpoint;
  expectFailure(await check({ ...it, proof: changed([own]) }), 3, 'its next keys are not named by checkpoints before');

  // who holds the old key still signs
  await emit(4);
  await sign(it.key);
  await prove(it, 4, '--checkpoint', file);
  expectFailure(await check(it), 3, /is signed by a key that was replaced at sequence 1$/);
});

test('the record of an archived run shortens proofs from there to a later checkpoint', async () => {
  const it = await site();
  for (let at = 0; at < 12; at++) await succeed(['emit', '-q', '-l', it.ledger], { input: `${at}\n` });
  expect(await prove(it, 4, '--sign', it.key)).toBe(9);
  await succeed(['archive', '-l', it.ledger, '--limit', '5', '--yes']);
  // two commits of the run, its record, and nothing between it and the head
  expect(await prove(it, 4, '--sign', it.key)).toBe(3);
  expect((await check(it)).stdout.toString()).toMatch(/^OK: sequence 4, .*; 3 links to the checkpoint 12:.*\n3\n$/);
  await succeed(['emit', '-q', '-l', it.ledger], { input: '12\n' });
  expect(await prove(it, 1, '--sign', it.key)).toBe(7);
  expect((await check(it)).code).toBe(0);
  expect(await prove(it, 7, '--sign', it.key)).toBe(8);
  expect((await check(it)).code).toBe(0);
  await succeed(['archive', '-l', it.ledger, '--limit', '2', '--drop', '--yes']);
  expect(await prove(it, 5, '--sign', it.key)).toBeGreaterThan(1);
  expect((await check(it)).code).toBe(0);
  expectFailure(
    await runCli(['inspect', '-l', it.ledger, '--sequence', '6', '--proof', '--sign', it.key]),
    66,
    'dropped',
  );
});
