/** Valid JSON lines with some bytes changed: real ones, and handwritten ones for every corner of the syntax. */

import { readFileSync } from 'node:fs';
import { EARTHQUAKES } from './cli.ts';
import type { Seeded } from './seeded.ts';

const LINE_FEED = 0x0a;

/** Fields that some of the lines have. */
export const MUTATED_PATHS = ['id', 'properties.mag', '__proto__.polluted', 'größe.キー'];

const GROWN_BY_HAND = [
  'null',
  ' true ',
  '-0',
  '[0,-1.5,2e10,3E-7,0.25e+3]',
  '"\\"\\\\\\/\\b\\f\\n\\r\\t\\u00e4\\ud83d\\udc1f"',
  '"\u0080\u07ff\u0800\ud7ff\ue000\uffff\u{10000}\u{10ffff}"',
  '{}',
  '[[[[[[[[]]]]]]],{"a":{"b":{"c":{}}}}]',
  '{"id":"a","id":"b"}',
  '{"\\u0069d":1,"properties":{"mag":1,"\\u006dag":2}}',
  '{"properties":{"mag":null},"id":{"id":[{"id":1}]}}',
  '{"id":-12.50e+2,"properties":[{"mag":1}],"größe":{"キー":"ä"}}',
  '{"gr\\u00f6\\u00dfe":{"\\u30ad\\u30fc":"\\u30ad"},"id":"\\u0069"}',
  '{"__proto__":{"polluted":true},"id":true}',
  '{"\\u005f_proto__":{"polluted":"yes"},"constructor":{"prototype":{"polluted":1}}}',
  '{"__proto__":null,"properties":{"__proto__":{"mag":1}},"id":false}',
  '\t{ "id"\t: 1.0 ,\r"properties" : { "mag" : [ ] , "x" : "y" } } \r',
  '{"properties":{"mag":0.31,"place":"37km NNE of Amboy, Washington"},"id":"uw61345682","größe":{"キー":12}}',
];

/** Bytes with a meaning for the scanner, and sequences that are not UTF-8. */
const GRAFTS = [
  ...Array.from('{}[]",:\\/ \t\r0123456789+-.eEtfnu', (character) => Buffer.from(character)),
  ...[
    'true',
    'false',
    'null',
    '\\u',
    '\\ud800',
    '\\u0000',
    '"id":',
    '"properties":{"mag":1},',
    '"__proto__":{"polluted":1},',
    '\ufeff',
    '\u2028',
    'ä',
    '🐟',
  ].map((text) => Buffer.from(text)),
  ...[
    [0x00],
    [0x1f],
    [0x7f],
    [0x80],
    [0xbf],
    [0xc0, 0x80],
    [0xc3],
    [0xe0, 0x80, 0x80],
    [0xed, 0xa0, 0x80],
    [0xed, 0xbf, 0xbf],
    [0xef, 0xbf],
    [0xf0, 0x9f],
  ].map((bytes) => Buffer.from(bytes)),
  ...[[0xf0, 0x80, 0x80, 0x80], [0xf4, 0x90, 0x80, 0x80], [0xf8, 0x88, 0x80, 0x80, 0x80], [0xff]].map((bytes) =>
    Buffer.from(bytes),
  ),
];

const soundLines = GROWN_BY_HAND.map((line) => Buffer.from(line));
const earthquakes = readFileSync(EARTHQUAKES, 'utf8')
  .split('\n')
  .filter((line) => line !== '')
  .map((line) => Buffer.from(line));

export function soundLine(random: Seeded): Buffer {
  return random.pick(random.between(0, 4) === 0 ? earthquakes : soundLines);
}

function graft(line: Buffer, at: number, removed: number, put: Uint8Array): Buffer {
  return Buffer.concat([line.subarray(0, at), put, line.subarray(at + removed)]);
}

function mutateOnce(line: Buffer, random: Seeded): Buffer {
  const at = random.between(0, line.length);
  const length = random.between(1, 12);
  switch (random.between(0, 6)) {
    case 0:
      return graft(line, at, 1, Buffer.from([(line[at] ?? 0x20) ^ (1 << random.between(0, 7))]));
    case 1:
      return graft(line, at, 0, random.pick(GRAFTS));
    case 2:
      return graft(line, at, 1, random.pick(GRAFTS));
    case 3:
      return graft(line, at, length, Buffer.alloc(0));
    case 4:
      return graft(line, random.between(0, line.length), 0, line.subarray(at, at + length * random.between(1, 8)));
    case 5: {
      const other = soundLine(random);
      return Buffer.concat([line.subarray(0, at), other.subarray(random.between(0, other.length))]);
    }
    default:
      return graft(line, at, 1, Buffer.from([random.between(0, 255)]));
  }
}

/** A line with zero to four changes. A line feed would split it. */
export function mutatedLine(random: Seeded): Buffer {
  let line = soundLine(random);
  for (let changes = random.between(0, 4); changes > 0; changes--) line = mutateOnce(line, random);
  const mutated = Buffer.from(line);
  for (let at = mutated.indexOf(LINE_FEED); at >= 0; at = mutated.indexOf(LINE_FEED, at)) mutated[at] = 0x20;
  return mutated;
}
