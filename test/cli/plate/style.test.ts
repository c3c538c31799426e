import { expect, it } from 'vitest';
import { styleSheet } from '../../../src/cli/plate/style.ts';

const SHEET = styleSheet({ text: '', textBold: '', title: '', code: '' });

/** The values of the variables in each of the schemes: what is declared later holds. */
function schemes(): Record<'light' | 'dark' | 'print', ReadonlyMap<string, string>> {
  const [light, dark, print] = [...SHEET.matchAll(/:root\{([^}]*)\}/g)].map(
    ([, body]) => new Map([...(body ?? '').matchAll(/--(\w+):(#\w+)/g)].map(([, name, value]) => [name, value])),
  ) as ReadonlyMap<string, string>[];
  if (light === undefined || dark === undefined || print === undefined) throw new Error('there are three schemes');
  return { light, dark, print };
}

function luminance(colour: string): number {
  const digits = colour.length === 4 ? [...colour.slice(1)].map((digit) => digit + digit).join('') : colour.slice(1);
  const [red = 0, green = 0, blue = 0] = [0, 2, 4].map((at) => {
    const share = Number.parseInt(digits.slice(at, at + 2), 16) / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

function contrast(colours: ReadonlyMap<string, string>, one: string, other: string): number {
  const [dark = 0, light = 0] = [one, other].map((name) => luminance(colours.get(name) ?? '')).sort((a, b) => a - b);
  return (light + 0.05) / (dark + 0.05);
}

it.each(Object.entries(schemes()))(
  '%s: texts have 4.5:1 to what is behind them, marks 3:1 (WCAG 2.2, AA)',
  (_, colours) => {
    const texts = ['ink', 'muted', 'alarm', 'sound'].flatMap((text) =>
      ['paper', 'panel']
        .filter((behind) => contrast(colours, text, behind) < 4.5)
        .map((behind) => `${text} on ${behind}`),
    );
    // the paler ones of the partitions have their names and figures beside them
    const marks = ['fill', 'engrave', 'alarm', 'c1', 'c3', 'c5', 'c7'].filter(
      (mark) => contrast(colours, mark, 'paper') < 3,
    );
    expect({ texts, marks }).toEqual({ texts: [], marks: [] });
  },
);

it('has every variable in every scheme, and uses no other', () => {
  const { light, dark, print } = schemes();
  const names = [...light.keys()].sort();
  expect([...dark.keys()].sort()).toEqual(names);
  expect([...print.keys()].sort()).toEqual(names);
  const used = new Set([...SHEET.matchAll(/var\(--(\w+)\)/g)].map(([, name]) => name));
  expect([...used].sort()).toEqual(names);
});

it('moves nothing, and loads nothing but its fonts', () => {
  expect(SHEET).not.toMatch(/animation|transition|@keyframes|scroll-behavior|@import/);
  expect([...SHEET.matchAll(/url\((\w+:)/g)].map(([, scheme]) => scheme)).toEqual(['data:', 'data:', 'data:', 'data:']);
});
