/** Draws lines over logarithmic axes as an SVG by itself: d3 has the scales, lines and symbols; style and labels are here. */

import { type ScaleLogarithmic, scaleLog } from 'd3-scale';
import { line, symbol, symbolCircle, symbolDiamond, symbolSquare, symbolStar, symbolTriangle } from 'd3-shape';
import { html, type Markup } from '../../../src/cli/plate/html.ts';

export interface Series {
  readonly name: string;
  readonly points: readonly (readonly [x: number, y: number])[];
}

export interface Axis {
  readonly label: string;
  /** As in a label of the axis: `10 k`. */
  readonly format: (value: number) => string;
}

export interface Plot {
  /** Of the file, without its ending. */
  readonly name: string;
  readonly title: string;
  readonly x: Axis & { readonly ticks: 'decades' | 'values' };
  readonly y: Axis;
  readonly series: readonly Series[];
}

const WIDTH = 720;
const HEIGHT = 380;
const LEFT = 72;
/** Room for the names at the ends of the lines. */
const RIGHT = 176;
const TOP = 62;
const BOTTOM = 56;
/** Between two names. */
const NAME_PX = 16;
const SYMBOLS = [symbolCircle, symbolSquare, symbolTriangle, symbolDiamond, symbolStar];
const SYMBOL_AREA = 44;

/** By name of the variable; contrast with the paper is 4.5:1 at least. Lines differ in their symbols, too. */
const LIGHT =
  '--paper:#fff;--ink:#1f2328;--muted:#59636e;--hair:#d1d9e0;--c0:#005f99;--c1:#b34700;--c2:#00734f;--c3:#7a3fc4;--c4:#6b5a00';
const DARK =
  '--paper:#0d1117;--ink:#f0f6fc;--muted:#9198a1;--hair:#3d444d;--c0:#58b4f0;--c1:#ff9d5c;--c2:#4cd2a4;--c3:#c8a2ff;--c4:#e3c64b';
const STYLE = [
  `:root{color-scheme:light dark;${LIGHT}}`,
  `@media(prefers-color-scheme:dark){:root{${DARK}}}`,
  'text{font:13px system-ui,sans-serif;fill:var(--muted)}.title{font-size:15px;font-weight:600;fill:var(--ink)}',
  '.paper{fill:var(--paper)}.hair{stroke:var(--hair)}.line{fill:none;stroke-width:2}.name{font-weight:600}',
  ...SYMBOLS.map((_, nth) => `.line.c${nth}{stroke:var(--c${nth})}.mark.c${nth},.name.c${nth}{fill:var(--c${nth})}`),
].join('');

export function drawPlot({ title, x, y, series }: Plot): string {
  const xs = series.flatMap(({ points }) => points.map(([value]) => value));
  const ys = series.flatMap(({ points }) => points.map(([, value]) => value));
  const across = scaleLog([Math.min(...xs), Math.max(...xs)], [LEFT, WIDTH - RIGHT]);
  const up = scaleLog(domainOf(Math.min(...ys), Math.max(...ys)), [HEIGHT - BOTTOM, TOP]);
  const ticks = x.ticks === 'values' ? [...new Set(xs)] : decades(Math.min(...xs), Math.max(...xs));
  const svg = html`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" width="${WIDTH}" height="${HEIGHT}" role="img" aria-labelledby="title text"><title id="title">${title}</title><desc id="text">${described(series, x, y)}</desc><style>${STYLE}</style>
<rect class="paper" width="${WIDTH}" height="${HEIGHT}" rx="6"/><text class="title" x="16" y="26">${title}</text>
${rows(up, y)}
${columns(across, ticks, x)}
${series.map((each, nth) => drawn(each, nth, across, up))}
${names(series, up)}
</svg>
`;
  return svg.text;
}

type Scale = ScaleLogarithmic<number, number>;

function rows(up: Scale, { label, format }: Axis): Markup {
  const [bottom = 1, top = 1] = up.domain();
  const lines = steps(bottom, top).map(
    (value) =>
      html`<line class="hair" x1="${LEFT}" x2="${WIDTH - RIGHT}" y1="${px(up(value))}" y2="${px(up(value))}"/><text x="${LEFT - 8}" y="${px(up(value) + 4)}" text-anchor="end">${format(value)}</text>`,
  );
  return html`${lines}<text x="16" y="${TOP - 18}">${label}</text>`;
}

function columns(across: Scale, ticks: readonly number[], { label, format }: Axis): Markup {
  const marks = ticks.map(
    (value) =>
      html`<line class="hair" x1="${px(across(value))}" x2="${px(across(value))}" y1="${TOP}" y2="${HEIGHT - BOTTOM + 5}"/><text x="${px(across(value))}" y="${HEIGHT - BOTTOM + 20}" text-anchor="middle">${format(value)}</text>`,
  );
  return html`${marks}<text x="${(LEFT + WIDTH - RIGHT) / 2}" y="${HEIGHT - 14}" text-anchor="middle">${label}</text>`;
}

function drawn({ points }: Series, nth: number, across: Scale, up: Scale): Markup {
  const path = line<readonly [number, number]>()
    .digits(1)
    .x(([x]) => across(x))
    .y(([, y]) => up(y))([...points]);
  const mark = symbol(SYMBOLS[nth % SYMBOLS.length], SYMBOL_AREA).digits(1)() ?? '';
  const marks = points.map(
    ([x, y]) => html`<path class="mark c${nth}" d="${mark}" transform="translate(${px(across(x))} ${px(up(y))})"/>`,
  );
  return html`<path class="line c${nth}" d="${path ?? ''}"/>${marks}`;
}

/** Beside the ends of the lines, moved apart where they would cover one another. */
function names(series: readonly Series[], up: Scale): Markup {
  const ends = series
    .map(({ name, points }, nth) => ({ name, nth, y: up(points.at(-1)?.[1] ?? 1) }))
    .sort((one, other) => one.y - other.y);
  let free = Number.NEGATIVE_INFINITY;
  for (const end of ends) {
    end.y = Math.max(end.y, free);
    free = end.y + NAME_PX;
  }
  const over = Math.max(0, free - NAME_PX - (HEIGHT - BOTTOM));
  return html`${ends.map(({ name, nth, y }) => html`<text class="name c${nth}" x="${WIDTH - RIGHT + 12}" y="${px(y - over + 4)}">${name}</text>`)}`;
}

/** A text for screen readers. */
function described(series: readonly Series[], x: Axis, y: Axis): string {
  const all = series.map(
    ({ name, points }) => `${name}: ${points.map(([at, value]) => `${y.format(value)} at ${x.format(at)}`).join(', ')}`,
  );
  return `${y.label} by ${x.label}. ${all.join('. ')}.`;
}

/** One decade at least: on a narrower axis the noise of a flat line would look like a slope. */
function domainOf(least: number, most: number): [number, number] {
  const bottom = stepBelow(least / 1.1);
  return [bottom, Math.max(stepAbove(most * 1.1), bottom * 10)];
}

const STEPS = [1, 2, 5];

function stepBelow(value: number): number {
  const decade = 10 ** Math.floor(Math.log10(value));
  return decade * (STEPS.findLast((step) => step * decade <= value) ?? 1);
}

function stepAbove(value: number): number {
  const below = stepBelow(value);
  return below >= value ? below : (steps(below, below * 10)[1] ?? below * 10);
}

/** 1, 2, 5, 10 and so on; over four decades their first ones alone. */
function steps(from: number, to: number): number[] {
  const all: number[] = [];
  const wanted = to / from > 1e4 ? [1] : STEPS;
  for (let power = Math.floor(Math.log10(from)); 10 ** power <= to; power++)
    all.push(...wanted.map((step) => Number((step * 10 ** power).toPrecision(3))));
  return all.filter((value) => value >= from * 0.999 && value <= to * 1.001);
}

function decades(from: number, to: number): number[] {
  const powers = Array.from({ length: 16 }, (_, power) => 10 ** power);
  return powers.filter((power) => power >= from && power <= to);
}

function px(value: number): number {
  return Math.round(value * 10) / 10;
}
