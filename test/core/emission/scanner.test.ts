/** The scanner by example: every fault with its byte position, what counts as a line, and which fields are found. */

import { describe, expect, it } from 'vitest';
import { ChunkScan, type FaultName, scanLine, scanLines } from '../../support/scan.ts';

const nested = (depth: number) => '['.repeat(depth) + ']'.repeat(depth);

describe('a line that is no JSON', () => {
  const examples: readonly (readonly [FaultName, number, string])[] = [
    ['UNEXPECTED_BYTE', 0, 'x'],
    ['UNEXPECTED_BYTE', 0, '}'],
    ['UNEXPECTED_BYTE', 0, ','],
    ['UNEXPECTED_BYTE', 0, "'a'"],
    ['UNEXPECTED_BYTE', 0, '+1'],
    ['UNEXPECTED_BYTE', 0, '.5'],
    ['UNEXPECTED_BYTE', 0, 'True'],
    ['UNEXPECTED_BYTE', 0, 'NaN'],
    ['UNEXPECTED_BYTE', 0, '\u00a01'],
    ['UNEXPECTED_BYTE', 0, '\ufeff1'],
    ['UNEXPECTED_BYTE', 2, 'nux'],
    ['UNEXPECTED_BYTE', 4, 'truex'],
    ['UNEXPECTED_BYTE', 4, 'falsx'],
    ['UNEXPECTED_BYTE', 1, '01'],
    ['UNEXPECTED_BYTE', 2, '-01'],
    ['UNEXPECTED_BYTE', 1, '1x'],
    ['UNEXPECTED_BYTE', 2, '1 2'],
    ['UNEXPECTED_BYTE', 3, '{} {}'],
    ['UNEXPECTED_BYTE', 2, '{}}'],
    ['UNEXPECTED_BYTE', 1, '[}'],
    ['UNEXPECTED_BYTE', 1, '{]'],
    ['UNEXPECTED_BYTE', 1, '[,1]'],
    ['UNEXPECTED_BYTE', 3, '[1,]'],
    ['UNEXPECTED_BYTE', 3, '[1 2]'],
    ['UNEXPECTED_BYTE', 1, '{a:1}'],
    ['UNEXPECTED_BYTE', 1, '{1:1}'],
    ['UNEXPECTED_BYTE', 4, '{"a"}'],
    ['UNEXPECTED_BYTE', 5, '{"a" 1}'],
    ['UNEXPECTED_BYTE', 5, '{"a":}'],
    ['UNEXPECTED_BYTE', 7, '{"a":1,}'],
    ['UNEXPECTED_BYTE', 2, '1 // one'],
    ['UNEXPECTED_BYTE', 3, '"a"\u0000'],
    ['UNEXPECTED_BYTE', 1, '1\f'],
    ['UNEXPECTED_END', 1, '{'],
    ['UNEXPECTED_END', 1, '['],
    ['UNEXPECTED_END', 2, '[1'],
    ['UNEXPECTED_END', 3, '[1,'],
    ['UNEXPECTED_END', 4, '{"a"'],
    ['UNEXPECTED_END', 5, '{"a":'],
    ['UNEXPECTED_END', 6, '{"a":1'],
    ['UNEXPECTED_END', 7, '{"a":1,'],
    ['UNEXPECTED_END', 1, '"'],
    ['UNEXPECTED_END', 2, '"a'],
    ['UNEXPECTED_END', 2, '"\\'],
    ['UNEXPECTED_END', 5, '"\\u00'],
    ['UNEXPECTED_END', 3, 'tru'],
    ['UNEXPECTED_END', 1, '-'],
    ['UNEXPECTED_END', 2, '1.'],
    ['UNEXPECTED_END', 2, '1e'],
    ['UNEXPECTED_END', 3, '1e-'],
    ['CONTROL_IN_STRING', 2, '"a\tb"'],
    ['CONTROL_IN_STRING', 1, '"\u0000"'],
    ['CONTROL_IN_STRING', 1, '"\u001f"'],
    ['CONTROL_IN_STRING', 2, '"a\rb"'],
    ['CONTROL_IN_STRING', 3, '{"a\b":1}'],
    ['BAD_ESCAPE', 2, '"\\x41"'],
    ['BAD_ESCAPE', 2, '"\\U0041"'],
    ['BAD_ESCAPE', 3, '"a\\\'"'],
    ['BAD_ESCAPE', 5, '"\\u00g0"'],
    ['BAD_ESCAPE', 3, '"\\u"'],
    ['BAD_ESCAPE', 6, '"\\u123"'],
    ['BAD_NUMBER', 1, '-x'],
    ['BAD_NUMBER', 1, '-.5'],
    ['BAD_NUMBER', 2, '1.x'],
    ['BAD_NUMBER', 2, '1.e5'],
    ['BAD_NUMBER', 2, '1ex'],
    ['BAD_NUMBER', 3, '1e+x'],
    ['BAD_NUMBER', 4, '[1e-]'],
    ['BAD_NUMBER', 7, '{"a": -}'],
  ];

  it.each(examples)('is %s at byte %i: %j', (fault, faultAt, line) => {
    expect(scanLine(line)).toMatchObject({ fault, faultAt });
  });

  it('has its faults at the same places where it ends in CR LF', () => {
    for (const [fault, faultAt, line] of examples)
      expect(scanLine(`${line}\r`), line).toMatchObject({ fault, faultAt });
  });
});

describe('bytes that are no UTF-8', () => {
  it.each([
    ['a continuation by itself', [0x80]],
    ['an overlong slash', [0xc0, 0xaf]],
    ['an overlong of two bytes', [0xc1, 0xbf]],
    ['an overlong of three bytes', [0xe0, 0x9f, 0xbf]],
    ['an overlong of four bytes', [0xf0, 0x8f, 0xbf, 0xbf]],
    ['a high surrogate', [0xed, 0xa0, 0x80]],
    ['a low surrogate', [0xed, 0xbf, 0xbf]],
    ['beyond the last character', [0xf4, 0x90, 0x80, 0x80]],
    ['a lead there is none of', [0xf5, 0x80, 0x80, 0x80]],
    ['a byte that is in no UTF-8', [0xff]],
    ['two bytes cut short', [0xc3]],
    ['three bytes cut short', [0xe6, 0xb5]],
    ['four bytes cut short', [0xf0, 0x9f, 0x90]],
  ])('are reported at their first byte: %s', (_what, bytes) => {
    const line = Buffer.concat([Buffer.from('{"a":"x'), Buffer.from(bytes), Buffer.from('"}')]);
    expect(scanLine(line)).toMatchObject({ fault: 'BAD_UTF8', faultAt: 7 });
    // and where the line ends with them
    expect(scanLine(line.subarray(0, -2))).toMatchObject({ fault: 'BAD_UTF8', faultAt: 7 });
  });

  it('are reported if only the key has them', () => {
    const line = Buffer.concat([Buffer.from('{"'), Buffer.from([0xff]), Buffer.from('":1}')]);
    expect(scanLine(line)).toMatchObject({ fault: 'BAD_UTF8', faultAt: 2 });
  });

  it('end at the borders of what Unicode has', () => {
    for (const text of ['\u0080', '\u07ff', '\u0800', '\ud7ff', '\ue000', '\uffff', '\u{10000}', '\u{10ffff}']) {
      expect(scanLine(JSON.stringify(text)).fault, text.codePointAt(0)?.toString(16)).toBe('NONE');
    }
  });
});

describe('a sound line', () => {
  it.each([
    'null',
    ' true ',
    '\tfalse\r ',
    '0',
    '-0',
    '-0.0e+00',
    '123456789012345678901234567890.5E-400',
    '""',
    '"\\"\\\\\\/\\b\\f\\n\\r\\t\\u0000\\uD83D\\udc1f"',
    '"\\ud800"',
    '"\u007f\u2028\u2029🐟"',
    '[]',
    '[ ]',
    '{}',
    '{ }',
    '[[],{},[{}]]',
    '{"":{"":""}}',
    '{"a" : [ 1 , -2.5e3 , "x" , null , true , false , {} ] }',
  ])('may be %j', (line) => {
    expect(scanLine(line).fault).toBe('NONE');
  });
});

describe('lines', () => {
  it('end at a line feed, with one carriage return before it dropped', () => {
    const records = scanLines('{"a":1}\r\n[2]\r\r\n3\n 4 ');
    expect(records.map(({ payload }) => payload.toString())).toEqual(['{"a":1}', '[2]\r', '3', ' 4 ']);
    expect(records.map(({ fault }) => fault)).toEqual(['NONE', 'NONE', 'NONE', 'NONE']);
  });

  it('that are blank have no record, but count', () => {
    const records = scanLines('\n1\n\r\n \t\r\n2\n\n\n3\n');
    expect(records.map(({ number, payload }) => [number, payload.toString()])).toEqual([
      [1, '1'],
      [4, '2'],
      [7, '3'],
    ]);
  });

  it('that are bad do not touch those after them', () => {
    const records = scanLines('{"id":"a\n{"id":\n{"id":"b"}\n[[[[{"id":"c"}\n{"id":"d"}', ['id']);
    expect(records.map(({ fault }) => fault)).toEqual([
      'UNEXPECTED_END',
      'UNEXPECTED_END',
      'NONE',
      'UNEXPECTED_END',
      'NONE',
    ]);
    expect(records[2]?.fields).toEqual([{ kind: 'STRING', value: Buffer.from('"b"') }]);
    expect(records[4]?.fields).toEqual([{ kind: 'STRING', value: Buffer.from('"d"') }]);
  });

  it('may be more than a table was made for, and fewer in the next chunk', () => {
    const scan = new ChunkScan(['n']);
    const lines = Array.from({ length: 10_000 }, (_, n) => `{"n":${n}}`);
    const many = scan.scan(Buffer.from(`${lines.join('\n')}\n`));
    expect(many.map(({ fields }) => fields[0]?.value.toString())).toEqual(lines.map((_, n) => String(n)));
    expect(scan.scan(Buffer.from('{"m":1}\n')).map(({ fields }) => fields[0]?.kind)).toEqual(['ABSENT']);
  });
});

describe('limits', () => {
  it('take 512 levels and refuse the 513th at its bracket', () => {
    expect(scanLine(nested(512)).fault).toBe('NONE');
    expect(scanLine(nested(513))).toMatchObject({ fault: 'TOO_DEEP', faultAt: 512 });
    expect(scanLine(`${'{"a":'.repeat(512)}1${'}'.repeat(512)}`).fault).toBe('NONE');
    expect(scanLine(`${'{"a":'.repeat(513)}1${'}'.repeat(513)}`)).toMatchObject({
      fault: 'TOO_DEEP',
      faultAt: 512 * 5,
    });
    expect(scanLine('['.repeat(1_000_000)).fault).toBe('TOO_DEEP');
  });

  it('count how deep a line is, not how many brackets it has', () => {
    expect(scanLine(`[${Array.from({ length: 500 }, () => nested(511)).join(',')}]`).fault).toBe('NONE');
  });

  it('take a line of the longest length, its line end not counted, and refuse a longer one at the byte that is too many', () => {
    expect(scanLine('"abcd"', [], { lineBytesMax: 6 }).fault).toBe('NONE');
    expect(scanLine('"abcd"\r', [], { lineBytesMax: 6 }).fault).toBe('NONE');
    expect(scanLine('"abcde"', [], { lineBytesMax: 6 })).toMatchObject({ fault: 'TOO_LONG', faultAt: 6 });
    expect(scanLine('"abcd"\r\r', [], { lineBytesMax: 6 })).toMatchObject({ fault: 'TOO_LONG', faultAt: 6 });
    expect(scanLine('no JSON at all', [], { lineBytesMax: 6 })).toMatchObject({ fault: 'TOO_LONG', faultAt: 6 });
  });
});

describe('fields', () => {
  const found = (line: string, ...paths: string[]) =>
    scanLine(line, paths).fields.map(({ kind, value }) => [kind, value.toString()]);

  it.each([
    ['STRING', '"a b"'],
    ['STRING', '""'],
    ['STRING', '"ä🐟"'],
    ['ESCAPED_STRING', '"\\u0061"'],
    ['ESCAPED_STRING', '"a\\n"'],
    ['INTEGER', '0'],
    ['INTEGER', '-12345678901234567890'],
    ['DECIMAL', '1.0'],
    ['DECIMAL', '1e5'],
    ['DECIMAL', '-0E-0'],
    ['TRUE', 'true'],
    ['FALSE', 'false'],
    ['NULL', 'null'],
    ['OBJECT', '{"b":[1]}'],
    ['OBJECT', '{ }'],
    ['ARRAY', '[1,[2]]'],
    ['ARRAY', '[]'],
  ])('are reported by their kind and their bounds: %s %s', (kind, value) => {
    expect(found(`{"z":[${value}], "a" : ${value} ,"y":${value}}`, 'a')).toEqual([[kind, value]]);
  });

  it('are found below other fields, in any order, and where one is a part of another', () => {
    const line = '{"c":{"d":{"e":3}},"a":1,"b":{"x":0,"c":2}}';
    expect(found(line, 'a', 'b.c', 'c.d.e', 'c.d', 'c')).toEqual([
      ['INTEGER', '1'],
      ['INTEGER', '2'],
      ['INTEGER', '3'],
      ['OBJECT', '{"e":3}'],
      ['OBJECT', '{"d":{"e":3}}'],
    ]);
  });

  it('may be asked for twice', () => {
    expect(found('{"t":1}', 't', 't')).toEqual([
      ['INTEGER', '1'],
      ['INTEGER', '1'],
    ]);
  });

  it('are absent where the path does not lead to them', () => {
    for (const line of ['{}', '1', '"a"', '{"b":1}', '{"A":1}', '{"a ":1}', '{"a.b":1}', '{"b":{"a":1}}'])
      expect(found(line, 'a')).toEqual([['ABSENT', '']]);
    for (const line of ['{"a":1}', '{"a":{"c":1}}', '{"a":"b"}', '{"b":1,"a":null}', '{"a":{"a":{"b":1}}}'])
      expect(found(line, 'a.b')).toEqual([['ABSENT', '']]);
  });

  it('are not found in arrays', () => {
    expect(found('[{"a":1}]', 'a')).toEqual([['ABSENT', '']]);
    expect(found('{"a":[{"b":1}]}', 'a.b')).toEqual([['ABSENT', '']]);
    expect(found('{"a":[1]}', 'a.0')).toEqual([['ABSENT', '']]);
    expect(found('{"x":[{"a":1},{"a":2}],"a":3}', 'a')).toEqual([['INTEGER', '3']]);
  });

  it('are found by keys that are written with escapes', () => {
    expect(found('{"\\u0061":1}', 'a')).toEqual([['INTEGER', '1']]);
    expect(found('{"\\u00e4\\/":{"b\\n":"x"}}', 'ä/."b\\n"')).toEqual([['STRING', '"x"']]);
    expect(found('{"\\ud83d\\udc1f":1}', '🐟')).toEqual([['INTEGER', '1']]);
    expect(found('{"\\u0062":1}', 'a')).toEqual([['ABSENT', '']]);
  });

  it('are found by keys of any characters, and not by those of the prototype', () => {
    expect(found('{"größe":1,"キー":2,"__proto__":3,"":4}', 'größe', 'キー', '__proto__', 'constructor')).toEqual([
      ['INTEGER', '1'],
      ['INTEGER', '2'],
      ['INTEGER', '3'],
      ['ABSENT', ''],
    ]);
  });

  it('are known by the whole key, not by its beginning', () => {
    expect(found('{"a":1,"ab":2,"abc":3}', 'ab')).toEqual([['INTEGER', '2']]);
    expect(found('{"abc":3,"a":1}', 'ab')).toEqual([['ABSENT', '']]);
  });

  it.each([
    ['{"a":1,"a":1}', 7],
    ['{"a":1,"b":2, "a":3}', 14],
    ['{"a":1,"\\u0061":1}', 7],
    ['{"\\u0061":1,"a":1}', 12],
    ['{"a":{"b":1},"a":2}', 13],
    ['{"a":null,"a":[]}', 10],
  ])('that stand twice in %s are a fault, at the second key', (line, faultAt) => {
    expect(scanLine(line, ['a'])).toMatchObject({ fault: 'FIELD_TWICE', faultAt });
  });

  it('that stand twice below, or by way of a parent that stands twice, are a fault', () => {
    expect(scanLine('{"a":{"b":1,"b":2}}', ['a.b'])).toMatchObject({ fault: 'FIELD_TWICE', faultAt: 12 });
    expect(scanLine('{"a":{},"a":{"b":2}}', ['a.b'])).toMatchObject({ fault: 'FIELD_TWICE', faultAt: 8 });
  });

  it('may stand twice where nothing reads them', () => {
    expect(scanLine('{"x":1,"x":2,"a":{"x":1,"x":2},"b":[{"a":1},{"a":2}]}', ['a']).fault).toBe('NONE');
    expect(scanLine('{"a":1,"a":2}').fault).toBe('NONE');
  });

  it('that stand twice are no fault of the next line', () => {
    expect(scanLines('{"a":1,"a":2}\n{"a":3}\n{"a":4}', ['a']).map(({ fault }) => fault)).toEqual([
      'FIELD_TWICE',
      'NONE',
      'NONE',
    ]);
  });
});
