/** Signed checkpoints by the library: who signed, what was removed, what contradicts what, keys that follow one another, and witnesses. */

import { copyFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { readSigningKey } from '../../src/core/checkpoint/keys.ts';
import { formatNote, parseNote, type SignedNote } from '../../src/core/checkpoint/note.ts';
import { signText } from '../../src/core/checkpoint/signatures.ts';
import { Completengine, type KeyText } from '../../src/index.ts';
import { failureOf, ledgerPath, openEngine } from '../support/engines.ts';
import { newKeyPair } from '../support/signing-keys.ts';

const log = newKeyPair();
const stranger = newKeyPair();
const bytes = (...notes: readonly string[]) => Buffer.from(notes.join(''));
const files = (...notes: readonly string[]) => [{ name: 'FILE', bytes: bytes(...notes) }];

/** Checkpoints of a ledger that grows by an event each, each naming the one before it. */
async function history(engine: Completengine, count: number, key: string = log.privateKey): Promise<string[]> {
  const notes: string[] = [];
  for (let nth = 0; nth < count; nth++) {
    await engine.emit(String(nth));
    notes.push((await engine.checkpoint({ key, previous: notes.at(-1) })).note);
  }
  return notes;
}

const proving = (engine: Completengine, notes: readonly string[], ...publicKeys: readonly KeyText[]) =>
  engine.verify({ checkpoints: files(...notes), publicKeys: publicKeys.length === 0 ? [log.publicKey] : publicKeys });

test('a checkpoint says what it is of, and by whom', async () => {
  const engine = await openEngine();
  await engine.emit(['1', '2']);
  const signed = await engine.checkpoint({ key: log.privateKey, name: 'log.example/a' });
  const head = await engine.head();
  expect(signed.head).toEqual(head);
  expect(signed.verifierKey).toMatch(/^log\.example\/a\+[0-9a-f]{8}\+A/);
  const lines = signed.note.split('\n');
  expect(lines.slice(0, 4)).toEqual([
    `completengine/${engine.identity.uuid}`,
    '2',
    Buffer.from(head.hash, 'hex').toString('base64'),
    'joints 1',
  ]);
  expect(lines[5]).toBe('format completengine/1');
  expect(lines.at(-2)).toMatch(/^— log\.example\/a /);
  expect(await proving(engine, [signed.note], signed.verifierKey)).toMatchObject({ isAnchored: true });
  await failureOf(() => engine.checkpoint({ key: log.privateKey, name: 'a b' }), 'INVALID_ARGUMENT');
  await failureOf(() => engine.checkpoint({ key: log.publicKey }), 'INVALID_ARGUMENT');
  await failureOf(() => engine.checkpoint({} as never), 'INVALID_ARGUMENT');
});

test('a wrong key, a changed text and no key at all are named', async () => {
  const engine = await openEngine();
  const notes = await history(engine, 3);
  const other = await failureOf(() => proving(engine, notes, stranger.publicKey), 'CHECKPOINT_REFUSED');
  expect(other.message).toBe('checkpoint 1 of FILE, at sequence 1, is not signed by a trusted key');
  const changed = (notes[1] as string).replace('\n2\n', '\n3\n');
  const fails = await failureOf(() => proving(engine, [notes[0] as string, changed]), 'CHECKPOINT_REFUSED');
  expect(fails.message).toMatch(/^checkpoint 2 of FILE, at sequence 3, has a signature .* that does not fit its text$/);
  await failureOf(() => proving(engine, notes, ''), 'INVALID_ARGUMENT');
  await failureOf(() => engine.verify({ checkpoints: files(...notes) }), 'INVALID_ARGUMENT');
  await failureOf(() => engine.verify({ checkpoints: [], publicKeys: [log.publicKey] }), 'CHECKPOINT_REFUSED');
  await failureOf(() => engine.verify({ checkpoints: files(), publicKeys: [log.publicKey] }), 'CHECKPOINT_REFUSED');
});

test('a checkpoint that was removed is missed, but for the last ones', async () => {
  const engine = await openEngine();
  const notes = await history(engine, 4);
  for (const at of [0, 1, 2]) {
    const rest = notes.filter((_, nth) => nth !== at);
    const { message } = await failureOf(() => proving(engine, rest), 'CHECKPOINT_REFUSED');
    expect(message).toContain(`the checkpoint before checkpoint ${at + 1} of FILE, at sequence ${at + 2}, was removed`);
  }
  expect((await proving(engine, notes.slice(0, -1))).checkpoints).toMatchObject({ checkpoints: 3 });
});

test('what a crash has left of the last one does not count, and is reported', async () => {
  const engine = await openEngine();
  const notes = await history(engine, 2);
  const torn = (notes[1] as string).slice(0, -20);
  const { checkpoints } = await proving(engine, [notes[0] as string, torn]);
  expect(checkpoints).toMatchObject({ checkpoints: 1, tornBytes: Buffer.byteLength(torn) });
});

test('an older copy with a chain of its own is of another history, and both are a fork', async () => {
  const path = ledgerPath();
  const first = await Completengine.open({ ledger: path });
  const [one] = (await history(first, 1)) as [string];
  await first.close();
  const copy = ledgerPath();
  copyFileSync(path, copy);

  const engine = await openEngine({ ledger: path });
  await engine.emit('"right"');
  const two = (await engine.checkpoint({ key: log.privateKey, previous: one })).note;
  const cut = await openEngine({ ledger: copy });
  const short = await failureOf(() => proving(cut, [one, two]), 'HEAD_MISMATCH');
  expect(short.message).toMatch(/^checkpoint 2 of FILE, at sequence 2: the ledger ends at sequence 1/);
  await failureOf(() => cut.checkpoint({ key: log.privateKey, previous: two }), 'HEAD_MISMATCH');

  await cut.emit('"wrong"');
  const { message } = await failureOf(() => proving(cut, [one, two]), 'HEAD_MISMATCH');
  expect(message).toMatch(/^checkpoint 2 of FILE, at sequence 2: the ledger has another history/);
  await failureOf(() => cut.checkpoint({ key: log.privateKey, previous: two }), 'HEAD_MISMATCH');
  const forked = (await cut.checkpoint({ key: log.privateKey })).note;
  const fork = await failureOf(
    () => Completengine.checkCheckpoints({ checkpoints: files(one, two, forked), publicKeys: [log.publicKey] }),
    'CHECKPOINT_FORKED',
  );
  expect(fork.message).toMatch(/^a fork: checkpoint 2 of FILE, at sequence 2, and checkpoint 3 of FILE, at sequence 2/);
  // one that nobody trusted has signed cannot cry fork
  const planted = formatNote({
    text: (parseNote(forked) as SignedNote).text,
    signatures: [signText('', 'x', readSigningKey(stranger.privateKey, ''))],
  });
  expect((await failureOf(() => proving(engine, [one, two, planted]), 'CHECKPOINT_REFUSED')).message).toContain(
    'checkpoint 3 of FILE, at sequence 2, is not signed by a trusted key',
  );
});

test('the old key names the new one, which is trusted from there on, and the old one no more', async () => {
  const engine = await openEngine();
  const next = newKeyPair();
  const [one] = (await history(engine, 1)) as [string];
  const turn = (await engine.checkpoint({ key: log.privateKey, previous: one, nextKey: next.publicKey })).note;
  await engine.emit('"after"');
  const after = (await engine.checkpoint({ key: next.privateKey, previous: turn })).note;
  const report = await proving(engine, [one, turn, after]);
  expect(report.checkpoints?.signers.map(({ checkpoints }) => checkpoints)).toEqual([2, 1]);
  await failureOf(() => proving(engine, [one, after]), 'CHECKPOINT_REFUSED');

  const old = (await engine.checkpoint({ key: log.privateKey, previous: after })).note;
  const retired = await failureOf(
    () => proving(engine, [one, turn, after, old], log.publicKey, next.publicKey),
    'CHECKPOINT_REFUSED',
  );
  expect(retired.message).toContain('is signed by a key that was replaced at sequence 1');
  const twice = (await engine.checkpoint({ key: log.privateKey, nextKey: stranger.publicKey })).note;
  await failureOf(() => proving(engine, [one, turn, after, twice]), 'CHECKPOINT_REFUSED');
  const same = await openEngine();
  const [a, b] = await Promise.all(
    [next, stranger].map(({ publicKey }) => same.checkpoint({ key: log.privateKey, nextKey: publicKey })),
  );
  await failureOf(() => proving(same, [a?.note ?? '', b?.note ?? '']), 'CHECKPOINT_FORKED');
});
