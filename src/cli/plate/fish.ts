/**
 * The fish: an engraving drawn by the ledger's figures. Stripes of the flesh are partitions by share, strokes of the lateral line events over time, gill
 * arches routed partitions, rays of the tail groups, inked as far as they have delivered. In units of its own, 1012 by 320.
 */

import type { SurveyDocument } from '../../views/survey-document.ts';
import type { Coloured } from './colours.ts';
import { html, type Markup } from './html.ts';

const BODY =
  'M149 158C192 104 300 46 430 46C560 46 690 112 771 141L771 179C690 212 560 267 440 267C320 267 200 217 149 158Z';
/** Behind the gill cover. */
const FLESH = 'M342 40C364 110 368 200 346 275L800 275L800 40Z';
const GILL_COVER = 'M332 62C362 118 364 200 334 254';
const TAIL = 'M771 141C830 122 890 78 941 26C916 110 916 212 941 293C890 252 830 197 771 179';
const DORSAL = 'M371 52C390 6 440 -20 500 -20C572 -20 622 32 648 84';
const PELVIC = 'M428 267C432 296 458 322 504 320C492 298 502 278 522 259';
const ANAL = 'M600 244C610 268 632 284 672 280C664 262 666 240 684 213';
const PECTORAL = 'M352 204C382 203 412 222 426 246C394 249 366 238 352 212Z';
const BLADDER =
  'M393 96C393 78 420 77 440 80C455 83 458 87 468 87C478 87 482 79 510 79C540 78 558 84 558 97C558 112 540 115 510 113C482 113 478 108 468 108C458 108 455 111 440 113C420 117 393 114 393 96Z';

const STRIPES = { from: 338, to: 771 };
const LINE = { from: 364, to: 764, y: 145, drop: 15, height: 27 };
const ARCHES_MAX = 10;
const RAYS_MAX = 6;

/** `leaders`: whether lines to labels outside of the drawing are drawn. Where there is room for no labels, letters stand in their place. */
export function fish(survey: SurveyDocument, coloured: readonly Coloured[]): Markup {
  return html`<svg class="fish" viewBox="0 -50 1012 408" aria-hidden="true"><defs><clipPath id="body"><path d="${BODY}"/></clipPath><clipPath id="flesh-part"><path d="${FLESH}"/></clipPath><clipPath id="dorsal"><path d="${DORSAL}Z"/></clipPath><clipPath id="pelvic"><path d="${PELVIC}Z"/></clipPath><clipPath id="anal"><path d="${ANAL}Z"/></clipPath></defs>
<path class="fin" d="${DORSAL}"/><path class="fin" d="${PELVIC}"/><path class="fin" d="${ANAL}"/>
<g clip-path="url(#dorsal)">${rays(392, 20, 13, 60, -40, 34)}</g><g clip-path="url(#pelvic)">${rays(432, 13, 5, 262, 330, 34)}</g><g clip-path="url(#anal)">${rays(612, 13, 5, 240, 300, 26)}</g>
<path class="fin" d="${TAIL}"/><path class="skin" d="${BODY}"/>
<g clip-path="url(#body)"><g clip-path="url(#flesh-part)">${stripes(coloured)}</g></g>
${lateralLine(survey)}
<path class="bladder" d="${BLADDER}"/><path class="pectoral" d="${PECTORAL}"/><path class="hair" d="M358 208L404 240M360 207L412 234M359 212L392 240"/>
<path class="line" d="${GILL_COVER}"/>${arches(survey)}
<path class="line" d="M149 158C164 164 178 165 190 174"/>
<circle class="eye" cx="224" cy="130" r="17"/><circle class="pupil" cx="224" cy="130" r="9"/><circle class="glint" cx="228" cy="126" r="2.6"/>
<path class="line thick" d="${BODY}"/><path class="line" d="${TAIL}"/><path class="line" d="${DORSAL}"/><path class="line" d="${PELVIC}"/><path class="line" d="${ANAL}"/>
${tailRays(survey)}${leaders()}${letters()}</svg>`;
}

function rays(from: number, step: number, count: number, y: number, end: number, slant: number): Markup {
  const d = Array.from({ length: count }, (_, at) => `M${from + at * step} ${y}L${from + at * step + slant} ${end}`);
  return html`<path class="hair" d="${d.join('')}"/>`;
}

/** In the order of their ids, as muscles lie: edges in the shape of a W. */
function stripes(coloured: readonly Coloured[]): Markup {
  const byId = [...coloured].sort((one, other) => one.id - other.id);
  let x = STRIPES.from;
  return html`${byId.map(({ colour, share, name }) => {
    const from = x;
    x += share * (STRIPES.to - STRIPES.from);
    // the first one reaches below the gill cover
    const start = from === STRIPES.from ? from - 40 : from;
    const d = `M${edge(start).join('L')}L${edge(x + 0.4)
      .reverse()
      .join('L')}Z`;
    return html`<path class="stripe ${colour}" d="${d}"><title>${name}</title></path>`;
  })}`;
}

function edge(x: number): string[] {
  const at = (shift: number, y: number) => `${(x + shift).toFixed(1)} ${y}`;
  return [at(20, 40), at(-8, 96), at(14, 152), at(-8, 212), at(16, 275)];
}

function lateralLine({ timeline: { buckets } }: SurveyDocument): Markup {
  const { from, to, y, drop, height } = LINE;
  const base = (x: number) => y + ((x - from) / (to - from)) * drop;
  const most = buckets.reduce((max, { events }) => Math.max(max, events), 1);
  const step = (to - from) / Math.max(1, buckets.length);
  const d = buckets.map(({ events }, at) => {
    if (events === 0) return '';
    const x = from + (at + 0.5) * step;
    return `M${x.toFixed(1)} ${base(x).toFixed(1)}v${(-Math.max(2, (events / most) * height)).toFixed(1)}`;
  });
  return html`<path class="strokes" d="${d.join('')}" stroke-width="${Math.min(5, step * 0.62).toFixed(2)}"/><path class="line" d="M${from} ${y}L${to} ${y + drop}"/>`;
}

function arches({ routed }: SurveyDocument): Markup {
  const count = Math.min(ARCHES_MAX, routed.length);
  const d = Array.from({ length: count }, (_, at) => {
    const x = 320 - at * 5.4;
    const inset = at * 2.6;
    return `M${x.toFixed(1)} ${90 + inset}Q${(x - 46 + at * 2.4).toFixed(1)} 158 ${x.toFixed(1)} ${220 - inset}`;
  });
  return html`<path class="arch" d="${d.join('')}"/>`;
}

function tailRays({ timeline }: SurveyDocument): Markup {
  const groups = [...timeline.groups].sort((one, other) => other.lag - one.lag).slice(0, RAYS_MAX);
  const last = groups.length - 1;
  return html`${groups.map(({ lag }, at) => {
    const across = last === 0 ? 0.5 : at / last;
    const start = { x: 782, y: 149 + across * 22 };
    const end = { x: 912 - Math.abs(across - 0.5) * 4, y: 64 + across * 192 };
    const delivered = timeline.events === 0 ? 1 : Math.max(0, 1 - lag / timeline.events);
    const tip = { x: start.x + (end.x - start.x) * delivered, y: start.y + (end.y - start.y) * delivered };
    const [x, y] = [tip.x.toFixed(1), tip.y.toFixed(1)];
    const rest = lag > 0 && html`<path class="owed" d="M${x} ${y}L${end.x.toFixed(1)} ${end.y.toFixed(1)}"/>`;
    const ink = html`<path class="ray" d="M${start.x} ${start.y.toFixed(1)}L${x} ${y}"/>`;
    return html`${rest}${ink}<circle class="${lag > 0 ? 'tip owing' : 'tip'}" cx="${x}" cy="${y}" r="4.5"/>`;
  })}`;
}

/** Where each organ is, the letter it has where there is no room for leaders, and the place of its label. */
const ORGANS: readonly { letter: string; x: number; y: number; from: readonly [x: number, y: number] }[] = [
  { letter: 'a', x: 172, y: 161, from: [14, -50] },
  { letter: 'b', x: 224, y: 113, from: [224, -50] },
  { letter: 'c', x: 468, y: 97, from: [450, -50] },
  { letter: 'd', x: 868, y: 96, from: [772, -50] },
  { letter: 'e', x: 302, y: 205, from: [140, 358] },
  { letter: 'f', x: 494, y: 228, from: [414, 358] },
  { letter: 'g', x: 690, y: 157, from: [664, 358] },
];

function leaders(): Markup {
  const d = ORGANS.map(({ x, y, from: [fromX, fromY] }) => `M${fromX} ${fromY}v${fromY < 0 ? 12 : -8}L${x} ${y}`);
  return html`<g class="leaders"><path class="hair" d="${d.join('')}"/>${ORGANS.map(
    ({ x, y }) => html`<circle class="dot" cx="${x}" cy="${y}" r="2.6"/>`,
  )}</g>`;
}

function letters(): Markup {
  const places: readonly (readonly [x: number, y: number])[] = [
    [150, 158],
    [224, 130],
    [474, 97],
    [890, 92],
    [298, 190],
    [500, 226],
    [716, 156],
  ];
  return html`<g class="letters">${places.map(
    ([x, y], at) =>
      html`<circle cx="${x}" cy="${y}" r="21"/><text x="${x}" y="${y + 9}">${ORGANS[at]?.letter ?? ''}</text>`,
  )}</g>`;
}
