/** Values of time and key fields, as JSON text: valid ones, ones at the limits, and invalid ones. */

import type { Seeded } from './seeded.ts';

function digits(random: Seeded, count: number): string {
  return Array.from({ length: count }, () => random.between(0, 9)).join('');
}

const two = (value: number): string => String(value).padStart(2, '0');

const YEARS = [
  '0000',
  '0001',
  '0099',
  '1582',
  '1600',
  '1827',
  '1828',
  '1899',
  '1900',
  '1969',
  '1970',
  '1972',
  '2000',
  '2024',
  '2026',
  '2100',
  '2111',
  '2112',
  '9999',
];
const FRACTIONS = [
  '',
  '',
  '.',
  '.0',
  '.9',
  '.999999',
  '.9999995',
  '.123456789',
  '.000001',
  '.0000001',
  ',5',
  ',1234567',
];
const ZONES = [
  'Z',
  'Z',
  'Z',
  'z',
  '',
  '+00:00',
  '-00:00',
  '+14:00',
  '-12:00',
  '+23:59',
  '-23:59',
  '+24:00',
  '+05:60',
  '+0530',
  '+05',
  '-0600',
  '+2400',
  '+05:3',
  '-1',
  ' +0200',
  ' UTC',
  'GMT',
  '  Z',
  ' Z',
  'ZZ',
  '+-1:00',
];

/** Dates and times of day, mostly valid; sometimes leap seconds, last days of February, and hours past 23. */
function rfc3339(random: Seeded): string {
  const year = random.between(0, 2) === 0 ? random.pick(YEARS) : String(random.between(1820, 2120));
  const month = random.between(0, 20) === 0 ? random.between(0, 13) : random.between(1, 12);
  const day = random.between(0, 5) === 0 ? random.between(27, 32) : random.between(1, 28);
  const hour = random.between(0, 20) === 0 ? random.between(22, 25) : random.between(0, 23);
  const minute = random.between(0, 20) === 0 ? random.between(58, 61) : random.between(0, 59);
  const second = random.between(0, 10) === 0 ? random.between(58, 61) : random.between(0, 59);
  const separator = random.between(0, 10) === 0 ? random.pick(['t', ' ', '_', 'T ']) : 'T';
  const fraction = random.between(0, 1) === 0 ? random.pick(FRACTIONS) : `.${digits(random, random.between(1, 30))}`;
  return `${year}-${two(month)}-${two(day)}${separator}${two(hour)}:${two(minute)}:${two(second)}${fraction}${random.pick(ZONES)}`;
}

/** Integers where the unit changes, and where the range of times ends in each unit. */
const BORDERS = [
  '0',
  '9',
  '99999999999',
  '100000000000',
  '99999999999999',
  '100000000000000',
  '99999999999999999',
  '100000000000000000',
  '9999999999999999999',
  '10000000000000000000',
  '4503599627',
  '4503599628',
  '4503599627370',
  '4503599627371',
  '4503599627370495',
  '4503599627370496',
  '4503599627370497',
  '4503599627370496000',
  '4503599627370496999',
  '4503599627370497000',
  '9007199254740993',
  '18446744073709551615',
];

function epochNumber(random: Seeded): string {
  const sign = random.between(0, 3) === 0 ? '-' : '';
  const whole =
    random.between(0, 1) === 0
      ? random.pick(BORDERS)
      : `${random.between(1, 9)}${digits(random, random.between(0, 20))}`;
  const fraction = random.between(0, 2) === 0 ? `.${digits(random, random.between(1, 12))}` : '';
  const exponent = random.between(0, 30) === 0 ? random.pick(['e3', 'E-2', 'e+0']) : '';
  return sign + whole + fraction + exponent;
}

/** A recent second, in one of the units. */
function recent(random: Seeded): string {
  return `${random.between(1_500_000_000, 1_790_000_000)}${digits(random, random.pick([0, 3, 6, 9]))}`;
}

const OTHERS = [
  '""',
  '"Z"',
  '"now"',
  '"2026"',
  '"2026-04-12"',
  'true',
  'null',
  '{}',
  '[1517363399]',
  '"1517363399"',
  '"1517363399.0"',
  '"1739797379231625"',
  '"1739797379231625000"',
  '"-1"',
  '"0"',
  '"0123456789012345"',
  '"202604121530"',
  '"20260412153000"',
  '"1.7e9"',
  '1.7e9',
  '17E8',
  '1e400',
  '-1e-400',
  '12345678901234567890e-10',
  '"2026-04-12T09:00Z"',
  '"2026-04-12 09:00 +02"',
  '"20260412T090000Z"',
  '"20260412T0900,5Z"',
  '"2016-12-31T23:59:60Z"',
  '"2017-01-01T00:59:60.5+0100"',
  '"2016-12-31T22:59:60Z"',
  '-0',
  '-0.0',
  '"2026-04-12T09:00:00\\u005a"',
];

function scattered(text: string, random: Seeded): string {
  const at = random.between(0, text.length - 1);
  return (
    text.slice(0, at) +
    random.pick(['0', '9', ':', '-', '.', 'T', 'Z', '+', ' ', '/', 'ä', '\\u0030']) +
    text.slice(at + 1)
  );
}

/** A value of a time field; valid JSON. */
export function nastyTime(random: Seeded): string {
  const chance = random.between(0, 19);
  if (chance < 8) return `"${rfc3339(random)}"`;
  if (chance < 11) return `"${scattered(rfc3339(random), random)}"`;
  if (chance < 14) return epochNumber(random);
  if (chance < 18) return recent(random);
  if (chance === 18) return `"${random.between(0, 1) === 0 ? recent(random) : epochNumber(random)}"`;
  return random.pick(OTHERS);
}

const CHARACTERS = [
  'a',
  'Z',
  '0',
  '-',
  ' ',
  'ä',
  'ß',
  '海',
  '🐟',
  '\u0080',
  '\uffff',
  '\\n',
  '\\u0061',
  '\\ud83d\\udc1f',
  '\\"',
  '\\/',
  '\u007f',
];
const KEYS = [
  '""',
  'true',
  'false',
  'null',
  '{}',
  '[]',
  '0',
  '-0',
  '-1',
  '1.0',
  '0.5',
  '1e2',
  '9'.repeat(64),
  '9'.repeat(65),
  `-${'9'.repeat(63)}`,
  `-${'9'.repeat(64)}`,
];

/** A value of a key field; valid JSON. */
export function nastyKey(random: Seeded): string {
  const chance = random.between(0, 9);
  if (chance === 0) return random.pick(KEYS);
  if (chance < 4) return String(random.between(-100_000, 1_000_000_000));
  return `"${Array.from({ length: random.between(0, 40) }, () => random.pick(chance < 8 ? CHARACTERS.slice(0, 10) : CHARACTERS)).join('')}"`;
}
