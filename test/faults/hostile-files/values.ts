/** What is put into a column in place of its value: boundaries of numbers, other types, huge and hostile texts, damaged JSON, bombs. */

import type { Seeded } from '../../support/seeded.ts';
import { bomb } from '../../support/zstd-bomb.ts';

export type Value = bigint | number | string | Buffer | null;

const INTEGERS: readonly bigint[] = [
  0n,
  1n,
  -1n,
  2n,
  255n,
  2n ** 31n - 1n,
  2n ** 31n,
  2n ** 32n,
  2n ** 53n - 1n,
  2n ** 53n,
  2n ** 63n - 1n,
  -(2n ** 31n),
  -(2n ** 53n) + 1n,
  -(2n ** 63n),
];

/** None is a sequence that the product writes itself: blinking text, a title, a report, a reset, and C1. */
export const CONTROLS =
  '\u001b[5;7mHOSTILE\u001b]0;HOSTILE\u0007\u001b[6n\u001bc\u009b5;7m\u0085\u202eeliTSOH\u2066\u200b\ufeff\u0000\r';
const HUGE = 1_000_000;

export const NAMES: readonly string[] = [
  CONTROLS,
  `p0"; DROP TABLE commits; --`,
  `x","sequence":999,"y":"`,
  '../../../../etc/passwd',
  '/dev/zero',
  '-rf',
  '$(touch hostile)`touch hostile`',
  '__proto__',
  'constructor',
  '',
  ' ',
  'A',
  'a'.repeat(65),
  '\ud800',
  'é'.normalize('NFD'),
  'sqlite_master',
];

const JSON_TEXTS: readonly string[] = [
  '{}',
  '[]',
  'null',
  '0',
  '""',
  '{',
  '[1e999]',
  '[[0,-1,9007199254740993]]',
  '{"__proto__":{"time":["a"]},"constructor":1}',
  '['.repeat(100_000),
  `${'['.repeat(20_000)}${']'.repeat(20_000)}`,
  `[${'0,'.repeat(200_000)}0]`,
  '{"spec":"hash:a","partitions":[0]}',
  '{"spec":"hash:a","partitions":[9007199254740991]}',
  '{"spec":"range:a=1","partitions":[0,1,0]}',
  '{"spec":"sticky:a,idle=1h","partitions":[0,1]}',
];

const MEGABYTE = 1024 * 1024;

/** A value of any type. `own`: the one that is there. */
export function anyValue(own: Value, random: Seeded): Value {
  const chance = random.unit();
  if (chance < 0.3) return random.pick(INTEGERS);
  if (chance < 0.4)
    return typeof own === 'bigint' ? own + BigInt(random.pick([-1, 1, 7, 1000])) : changedBytes(own, random);
  if (chance < 0.55) return random.pick(NAMES);
  if (chance < 0.7)
    return typeof own === 'string' && own.startsWith('{') ? changedJson(own, random) : random.pick(JSON_TEXTS);
  return random.pick<() => Value>([
    () => null,
    () => 0.5,
    () => Number.POSITIVE_INFINITY,
    () => -1e300,
    () => Buffer.alloc(0),
    () => Buffer.alloc(32),
    () => Buffer.alloc(HUGE, 0xff),
    () => 'x'.repeat(HUGE),
    () => Buffer.from(String(own)),
    () => (Buffer.isBuffer(own) ? own.toString('latin1') : '9007199254740993'),
    () => bomb(64 * MEGABYTE, 512),
    () => bomb(2 ** 40, 8),
    () => bomb(512 * MEGABYTE, 4096),
  ])();
}

/** The same type, slightly changed, so that it gets past the first checks. */
export function likelyValue(own: Value, random: Seeded): Value {
  if (typeof own === 'bigint')
    return random.unit() < 0.5 ? own + BigInt(random.pick([-1, 1, 2, 60_000_000])) : random.pick(INTEGERS);
  if (typeof own === 'string') {
    if (/^[[{]/.test(own)) return random.unit() < 0.7 ? changedJson(own, random) : random.pick(JSON_TEXTS);
    return random.pick(NAMES);
  }
  return own === null ? random.pick<Value>(['a', 0n, 1n, Buffer.alloc(32)]) : changedBytes(own, random);
}

function changedBytes(own: Value, random: Seeded): Value {
  const bytes = Buffer.isBuffer(own) ? Buffer.from(own) : Buffer.from(String(own));
  if (bytes.length === 0) return Buffer.from([random.between(0, 255)]);
  const at = random.between(0, bytes.length - 1);
  const changed = random.pick([
    () => bytes.fill((bytes[at] as number) ^ (1 << random.between(0, 7)), at, at + 1),
    () => bytes.subarray(0, at),
    () => Buffer.concat([bytes, bytes]),
    () => Buffer.concat([bytes.subarray(0, at), Buffer.from('],\n[0,0,'), bytes.subarray(at)]),
  ])();
  return typeof own === 'string' ? changed.toString('latin1') : changed;
}

/** One value of the JSON text is another one. */
export function changedJson(own: string, random: Seeded): string {
  let root: unknown;
  try {
    root = JSON.parse(own);
  } catch {
    return random.pick(JSON_TEXTS);
  }
  const places: { readonly holder: Record<string, unknown>; readonly key: string }[] = [];
  const walk = (holder: unknown): void => {
    if (typeof holder !== 'object' || holder === null) return;
    for (const [key, value] of Object.entries(holder)) {
      places.push({ holder: holder as Record<string, unknown>, key });
      walk(value);
    }
  };
  walk(root);
  if (places.length === 0) return random.pick(JSON_TEXTS);
  const { holder, key } = random.pick(places);
  holder[key] = random.pick<unknown>([
    ...[null, 0, -1, 1, 0.5, 2 ** 31, 2 ** 53, 1e300, true, '', [], {}, [[]], [null]],
    ...[
      CONTROLS,
      'x'.repeat(HUGE),
      '../../x',
      'hash:',
      'range:=',
      'sticky:a,idle=99999999999h',
      'Mars/Olympus',
      'zstd:99',
    ],
  ]);
  return JSON.stringify(root);
}
