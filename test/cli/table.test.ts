/** Tests the tables of the command line: their columns, and that the work does not grow faster than the cells. */

import { expect, it } from 'vitest';
import { renderTable } from '../../src/cli/terminal/table.ts';

it('aligns columns to their widest cell, and ends no line with blanks', () => {
  const text = renderTable(
    ['name', 'events', ''],
    ['left', 'right', 'left'],
    [
      ['a', '12,000', 'x'],
      ['longer name', '1', ''],
    ],
  );
  expect(text).toBe('name         events\na            12,000  x\nlonger name       1');
});

it('counts the columns that a terminal shows: wide characters take two, and colours none', () => {
  const red = '\u001b[31mab\u001b[39m';
  const rows = [
    ['東京', '1'],
    [red, '2'],
    ['e\u0301', '3'],
    ['abcdef', '4'],
  ];
  const text = renderTable(['name', 'n'], ['left', 'right'], rows);
  expect(text.split('\n')).toEqual(['name    n', '東京    1', `${red}      2`, 'e\u0301       3', 'abcdef  4']);
});

it('a table without rows has its head alone', () => {
  expect(renderTable(['one', 'two'], ['left', 'right'], [])).toBe('one  two');
});

it('has the same columns in all of a long table, and one head', () => {
  const rows = Array.from({ length: 300 }, (_, row) => [`row ${row}`, row === 250 ? 'wide as no other' : 'x']);
  const lines = renderTable(['a', 'b'], ['left', 'right'], rows).split('\n');
  expect(lines).toHaveLength(301);
  expect(lines[0]).toBe('a                       b');
  expect(lines[1]).toBe('row 0                   x');
  expect(lines[251]).toBe('row 250  wide as no other');
  expect(lines[300]).toBe('row 299                 x');
});
