/** Lines of JSON in shapes that repeat: the same text between values, as a program writes it, in any spelling. */

import fc from 'fast-check';

/** Fields that some of the shapes have: several behind one another's first keys, one in another, and two names of one. */
export const SHAPED_PATHS = ['id', 'o', 'a.b', 'a.c', 'a.b.c.d', 'id'];

const LONG_KEY = `"${'k'.repeat(80)}"`;
const key = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom('"id"', '"a"', '"b"', '"c"', '"d"', '"x"', '"y"', '"größe"') },
  { weight: 1, arbitrary: fc.constantFrom('"\\u0069d"', '"\\u0061"', LONG_KEY, '""', '"a\\"b"', '"o"') },
);
const space = fc.oneof(
  { weight: 6, arbitrary: fc.constant('') },
  fc.constantFrom(' ', '  ', '\t', '\r', ' '.repeat(20)),
);

/** Stands for a value in a shape: no line has it. */
const HOLE = '\u0007';

/** Text with holes, of containers within containers. */
const { shape } = fc.letrec<{ shape: string; value: string; object: string; array: string; deep: string }>((tie) => ({
  value: fc.oneof({ maxDepth: 4 }, { weight: 5, arbitrary: fc.constant(HOLE) }, tie('object'), tie('array')),
  object: fc
    .tuple(space, fc.array(fc.tuple(key, space, tie('value'), space), { maxLength: 5 }))
    .map(
      ([gap, members]) =>
        `{${gap}${members.map(([k, before, v, behind]) => `${k}${before}:${gap}${v}${behind}`).join(`,${gap}`)}}`,
    ),
  array: fc
    .tuple(space, fc.array(tie('value'), { maxLength: 4 }))
    .map(([gap, values]) => `[${gap}${values.join(`${gap},`)}]`),
  deep: fc
    .tuple(fc.integer({ min: 15, max: 26 }), fc.boolean(), tie('value'))
    .map(([depth, isObject, value]) =>
      isObject
        ? `${'{"a":'.repeat(depth)}${value}${'}'.repeat(depth)}`
        : `${'['.repeat(depth)}${value}${']'.repeat(depth)}`,
    ),
  shape: fc
    .tuple(
      space,
      fc.oneof({ weight: 9, arbitrary: tie('object') }, tie('array'), tie('deep'), fc.constant(HOLE)),
      space,
    )
    .map((parts) => parts.join('')),
}));

const scalar = fc.oneof(
  fc.constantFrom('true', 'false', 'null', '""', '0', '-0', '"\\n"', '"ä"', '1.5', '-2e+7', '"{\\"id\\":1,"', '"]"'),
  fc.integer().map(String),
  fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => JSON.stringify(value)),
  fc.string({ maxLength: 40 }).map((text) => JSON.stringify(text)),
  fc.integer({ min: 12, max: 50 }).map((length) => `"${'s'.repeat(length)}"`),
);

/** How a line may be broken. */
const wreck = fc.oneof(
  fc.tuple(fc.constant('cut'), fc.nat(200), fc.constant('')),
  fc.tuple(
    fc.constant('put'),
    fc.nat(200),
    fc.constantFrom('"', ',', '}', ']', '{', '[', ':', ' ', 'x', '\\', '1', '\u0001', '"id":1,'),
  ),
  fc.tuple(fc.constant('drop'), fc.nat(200), fc.constant('')),
);

/** Lines of up to six shapes, some blank, some broken, some that end with a carriage return. */
export const shapedLines: fc.Arbitrary<Buffer[]> = fc
  .array(shape, { minLength: 1, maxLength: 6 })
  .chain((shapes) =>
    fc.array(
      fc.tuple(
        fc.constantFrom(...shapes),
        fc.array(scalar, { minLength: 4, maxLength: 12 }),
        fc.option(wreck, { freq: 8 }),
        fc.constantFrom('', '', '', '\r', ' ', ' \r'),
        fc.nat(30),
      ),
      { minLength: 1, maxLength: 40 },
    ),
  )
  .map((lines) =>
    lines.map(([text, scalars, broken, end, chance]) => {
      if (chance === 0) return Buffer.from(end);
      let nth = 0;
      const whole = text.replaceAll(HOLE, () => scalars[nth++ % scalars.length] as string);
      return Buffer.from(wrecked(whole, broken) + end);
    }),
  );

function wrecked(text: string, broken: [string, number, string] | null): string {
  if (broken === null) return text;
  const [how, place, put] = broken;
  const at = place % (text.length + 1);
  if (how === 'cut') return text.slice(0, at);
  return text.slice(0, at) + put + text.slice(how === 'drop' ? at + 1 : at);
}
