/** Laws of the codecs: what is written is read again, in a file too, and hostile text is refused with one clause. */

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Checkpoint, formatCheckpoint, parseCheckpoint } from '../../../src/core/checkpoint/checkpoint.ts';
import { CHECKPOINT_MARK, readCheckpointFile } from '../../../src/core/checkpoint/checkpoint-file.ts';
import {
  formatNote,
  isKeyName,
  NOTE_BYTES_MAX,
  parseNote,
  SIGNATURES_MAX,
  type SignedNote,
} from '../../../src/core/checkpoint/note.ts';
import { splitNotes } from '../../../src/core/checkpoint/note-file.ts';
import { anyCharacter } from '../../support/any-character.ts';
import { quick } from '../../support/test-size.ts';

const numRuns = quick(300, 5000);

const name = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 40 }).filter(isKeyName);
const signature = fc.record({
  name,
  keyId: fc.integer({ min: 0, max: 2 ** 32 - 1 }),
  signature: fc.uint8Array({ minLength: 1, maxLength: 100 }).map((bytes) => Buffer.from(bytes)),
});
// biome-ignore lint/suspicious/noControlCharactersInRegex: what a line of a note must not have
const line = fc.string({ unit: 'grapheme', maxLength: 60 }).map((text) => text.replace(/[\u0000-\u001f]/g, '.'));
const note: fc.Arbitrary<SignedNote> = fc.record({
  text: fc.array(line, { minLength: 1, maxLength: 8 }).map((lines) => `${lines.join('\n')}.\n`),
  signatures: fc.array(signature, { minLength: 1, maxLength: 5 }),
});
const hash = fc.uint8Array({ minLength: 32, maxLength: 32 }).map((bytes) => Buffer.from(bytes).toString('hex'));
const checkpoint: fc.Arbitrary<Checkpoint> = fc.record({
  uuid: fc.uuid(),
  sequence: fc.maxSafeNat(),
  hash,
  joints: fc.nat(),
  time: fc.integer({ min: 0, max: 2 ** 52 }),
  format: fc.constantFrom('completengine/1', 'completengine/log/1'),
  previous: fc.option(hash),
  nextKey: fc.option(name.map((text) => `${text}+00000000+AA==`)),
});
const file = fc.array(
  fc.tuple(checkpoint, fc.array(signature, { minLength: 1, maxLength: 3 })).map(([it, signatures]) => ({
    text: formatCheckpoint(it),
    signatures,
  })),
  { maxLength: 6 },
);

test('a note that is written is read again', () => {
  fc.assert(
    fc.property(note, (it) => {
      expect(parseNote(formatNote(it))).toEqual(it);
    }),
    { numRuns },
  );
});

test('a checkpoint that is written is read again', () => {
  fc.assert(
    fc.property(checkpoint, (it) => {
      expect(parseCheckpoint(formatCheckpoint(it))).toEqual(it);
    }),
    { numRuns },
  );
});

test('what is read is written again: a note has one form', () => {
  const text = fc.oneof(
    note.map(formatNote),
    fc.tuple(note.map(formatNote), fc.nat(), fc.string({ unit: anyCharacter, maxLength: 3 })).map(([it, at, piece]) => {
      const place = at % it.length;
      return it.slice(0, place) + piece + it.slice(place + 1);
    }),
    fc.string({ unit: anyCharacter }),
  );
  fc.assert(
    fc.property(text, (it) => {
      const parsed = parseNote(it);
      if (typeof parsed === 'string') expect(parsed).toMatch(/^[^\n]{1,100}$/);
      else expect(formatNote(parsed)).toBe(it);
    }),
    { numRuns: quick(100, 5000) },
  );
});

test('notes of a file are found, and empty lines between them do not count', () => {
  fc.assert(
    fc.property(file, fc.constantFrom('', '\n', CHECKPOINT_MARK), (notes, between) => {
      const texts = notes.map(formatNote);
      const bytes = Buffer.from(texts.join(between));
      expect(splitNotes(bytes).map(({ text }) => text)).toEqual(texts);
      expect(splitNotes(bytes).map(({ end }) => bytes[end - 1])).toEqual(texts.map(() => 0x0a));
      expect(readCheckpointFile(bytes)).toMatchObject({ end: 'whole', damaged: [], tornBytes: 0 });
      expect(readCheckpointFile(bytes).whole.map(({ note: one }) => one)).toEqual(texts);
    }),
    { numRuns },
  );
});

const marked = (notes: readonly SignedNote[]): Buffer =>
  Buffer.from(notes.map((one) => formatNote(one) + CHECKPOINT_MARK).join(''));

/** What a power cut may leave of a block that was written and not synced. */
const LEFT = {
  written: (byte: number) => byte,
  empty: () => 0,
  garbage: (_: number, noise: number) => noise,
} as const;
const kind = fc.constantFrom<keyof typeof LEFT>('written', 'empty', 'garbage');

test('of a file that a power cut has left, all that was acknowledged is found, and the rest is torn', () => {
  const blocks = fc.array(kind, { minLength: 1, maxLength: 4 });
  const noise = fc.uint8Array({ minLength: 64, maxLength: 64 });
  const some = fc.tuple(file, file).filter((files) => files.every(({ length }) => length > 0));
  fc.assert(
    fc.property(some, blocks, noise, fc.nat(), ([notes, [pending]], kinds, bytes, at) => {
      const appended = Buffer.from(formatNote(pending as SignedNote));
      const blockBytes = Math.ceil(appended.length / kinds.length);
      const left = appended.map((byte, place) =>
        LEFT[kinds[Math.floor(place / blockBytes)] ?? 'written'](byte, bytes[place % bytes.length] ?? 0),
      );
      const rest = left.subarray(0, at % (left.length + 1));
      const found = readCheckpointFile(Buffer.concat([marked(notes), rest]));
      expect(found.whole.slice(0, notes.length).map(({ note: one }) => one)).toEqual(notes.map(formatNote));
      expect(found.damaged).toEqual([]);
      // of several signatures the first ones may be whole
      if (found.whole.length === notes.length)
        expect(found.tornBytes).toBe(Buffer.from(rest).toString('latin1').replace(/^\n+/, '').length);
    }),
    { numRuns },
  );
});

test('a checkpoint that was acknowledged and is damaged is named by its line', () => {
  const some = fc.array(checkpoint, { minLength: 2, maxLength: 5 });
  fc.assert(
    fc.property(some, signature, fc.nat(), fc.nat(), (all, one, nth, at) => {
      const notes = all.map((it) => ({ text: formatCheckpoint(it), signatures: [one] }));
      const hurt = nth % notes.length;
      const before = marked(notes.slice(0, hurt));
      const bytes = marked(notes);
      // within its first line, which names the ledger
      bytes[before.length + (at % 'completengine'.length)] = 0;
      const line = before.toString().split('\n').length;
      const { damaged, end } = readCheckpointFile(bytes);
      expect(damaged).toEqual([{ nth: hurt + 1, line, fault: 'is not a signed note: it has a control character' }]);
      expect(end).toBe(hurt === notes.length - 1 ? 'damaged' : 'whole');
    }),
    { numRuns },
  );
});

test('sizes are bounded', () => {
  const one = '— a AAAAAAE=\n';
  expect(parseNote(`${'x'.repeat(NOTE_BYTES_MAX)}\n\n${one}`)).toContain('longer than');
  expect(parseNote(`x\n\n${one.repeat(SIGNATURES_MAX)}`)).toHaveProperty('text', 'x\n');
  expect(parseNote(`x\n\n${one.repeat(SIGNATURES_MAX + 1)}`)).toContain('more than 100');
  expect(splitNotes(Buffer.from([0xff, 0x0a]))).toEqual([{ text: null, line: 1, end: 2 }]);
});

test.each([
  ['x\n', 'no empty line'],
  ['\n\n— a AAAAAAE=\n', 'no empty line'],
  ['x\n\n- a AAAAAAE=\n', 'no signature'],
  ['x\n\n— a  AAAAAAE=\n', 'no name'],
  ['x\n\n— a+b AAAAAAE=\n', 'no name'],
  ['x\n\n— a\u00a0b AAAAAAE=\n', 'no name'],
  ['x\n\n— a AAAAAA==\n', 'not base64'],
  ['x\n\n— a AAAAAAF=\n', 'not base64'],
  ['x\n\n— a AAAAAAE=', 'line feed'],
  ['x\u0007\n\n— a AAAAAAE=\n', 'control'],
  ['x\r\n\r\n— a AAAAAAE=\r\n', 'control'],
  ['x\ud800\n\n— a AAAAAAE=\n', 'UTF-8'],
])('%j is refused: %s', (text, fault) => {
  expect(parseNote(text)).toContain(fault);
});

const SOUND = `completengine/9b2c4f10-0000-4000-8000-000000000000
7
${Buffer.alloc(32).toString('base64')}
joints 1
time 2026-01-02T03:04:05.000006Z
format completengine/1
`;

test.each<[from: string, to: string, fault: string]>([
  ['completengine/9', 'other/9', 'first line'],
  ['-0000-4', '-000-4', 'first line'],
  ['\n7\n', '\n07\n', 'sequence'],
  ['\n7\n', '\n99999999999999999\n', 'sequence'],
  ['AAA=', 'AA==', 'hash'],
  ['joints 1\n', '', 'joints'],
  ['joints 1', 'joints 1\njoints 2', 'twice'],
  ['.000006Z', 'Z', 'time'],
  ['-01-02T', '-02-31T', 'time'],
  ['format ', 'format \n', 'format'],
  ['joints 1\n', '\njoints 1\n', 'empty line'],
  ['format', 'previous AA==\nformat', 'previous'],
])('a checkpoint with %j as %j is refused: %s', (from, to, fault) => {
  expect(parseCheckpoint(SOUND)).toHaveProperty('sequence', 7);
  expect(parseCheckpoint(`${SOUND}other tool\n`)).toHaveProperty('sequence', 7);
  expect(parseCheckpoint(SOUND.replace(from, to))).toContain(fault);
});
