/** The table of partitions: how much each holds, beside an even share, and when. */

import type { SurveyDocument } from '../../views/survey-document.ts';
import { bytes, percent, plural } from '../terminal/format-numbers.ts';
import type { ShownClock } from '../terminal/shown-clock.ts';
import { type Coloured, colourOf } from './colours.ts';
import { cut, html, type Markup } from './html.ts';
import { section } from './section.ts';
import { steppedArea } from './step-path.ts';
import { shortCount, TimeWords } from './words.ts';
import { zoneName } from './zone-name.ts';

type Partition = SurveyDocument['overview']['partitions'][number];

/** With more than {@link ALL_MAX} the first ones are shown, and the rest is folded. */
const SHOWN = 12;
const ALL_MAX = 16;
const NAME_MAX = 64;
/** A longer name has a line of its own above its figures, or it would be broken into many. */
const NAME_BESIDE_MAX = 14;
/** From here on numbers of events are shortened, or a narrow page would have no room for the rest. */
const COUNT_FROM = 1e9;
/** Steps of the height of a spark line. */
const SPARK = 40;

export function partitionTable(survey: SurveyDocument, coloured: readonly Coloured[], clock: ShownClock): Markup {
  const sorted = [...survey.overview.partitions].sort((one, other) => other.events - one.events || one.id - other.id);
  const shown = sorted.length > ALL_MAX ? SHOWN : sorted.length;
  const { firstTime, lastTime } = survey.overview;
  const words = new TimeWords(firstTime, lastTime, clock);
  const rows = sorted.map((partition) => rowOf(partition, survey, coloured, words));
  const folded = rows.slice(shown);
  const hasSparks = survey.timeline.buckets.length > 0;
  return section(
    'partitions',
    'Partitions',
    table(rows.slice(0, shown), hasSparks, clock),
    folded.length > 0 &&
      html`<details><summary>${plural(folded.length, 'more partition')}, each with fewer events</summary>${table(folded, hasSparks, clock)}</details>`,
  );
}

function table(rows: readonly Markup[], hasSparks: boolean, clock: ShownClock): Markup {
  return html`<table class="partitions"><thead><tr><th scope="col">partition</th><th scope="col" class="num">events</th><th scope="col" class="num">share</th><th scope="col" class="bar">beside an even share</th><th scope="col" class="num wide">skew</th>${hasSparks && html`<th scope="col" class="spark wide">over time, own scale</th>`}<th scope="col" class="num">frames</th><th scope="col" class="num wide zone">last event, ${zoneName(clock)}</th></tr></thead>${rows}</table>`;
}

function rowOf(partition: Partition, survey: SurveyDocument, coloured: readonly Coloured[], words: TimeWords): Markup {
  const { overview, routed } = survey;
  const { name, events, share, lastTime } = partition;
  const isRouted = routed.includes(name);
  const keyed = overview.partitions.filter((each) => routed.includes(each.name));
  const total = keyed.reduce((sum, each) => sum + each.events, 0);
  const even = keyed.length === 0 || overview.events === 0 ? 0 : total / keyed.length / overview.events;
  const most = overview.partitions.reduce((max, each) => Math.max(max, each.share ?? 0), even);
  const skew = even === 0 || !isRouted ? '' : `×${((share ?? 0) / even).toFixed(2)}`;
  const colour = colourOf(coloured, name);
  const text = html`<i class="swatch ${colour}${events === 0 ? ' empty' : ''}"></i><b>${cut(name, NAME_MAX)}</b>${!isRouted && html`<small>${name === overview.routing.missing ? 'events without a key' : 'no longer routed to'}</small>`}`;
  const hasSparks = survey.timeline.buckets.length > 0;
  const isBeside = name.length <= NAME_BESIDE_MAX;
  const above = isBeside
    ? null
    : html`<tr class="name"><th scope="rowgroup" colspan="${hasSparks ? 8 : 7}">${text}</th></tr>`;
  const beside = isBeside ? html`<th scope="row">${text}</th>` : html`<td></td>`;
  const sparks = hasSparks && html`<td class="spark wide">${spark(partition, survey, colour)}</td>`;
  return html`<tbody>${above}<tr>${beside}<td class="num">${shortCount(events, COUNT_FROM)}</td><td class="num">${share === null ? '' : percent(share)}</td><td class="bar">${bar(share ?? 0, isRouted ? even : 0, most)}</td><td class="num wide">${skew}</td>${sparks}<td class="num">${partition.isEstimate ? '~' : ''}${bytes(partition.bytes)}</td><td class="num wide">${lastTime === null ? 'none' : words.at(lastTime)}</td></tr></tbody>`;
}

/** Ink to the share, and a tick where an even share would end. The scale leaves a little room behind the largest. */
function bar(share: number, even: number, most: number): Markup {
  const pc = (value: number) => `${(most === 0 ? 0 : (value / most) * 92).toFixed(2)}%`;
  return html`<svg width="100%" height="16" aria-hidden="true"><line class="grid" x1="0" x2="100%" y1="8" y2="8"/><rect class="ink" x="0" y="4.5" width="${pc(share)}" height="7"/>${even > 0 && html`<line class="even" x1="${pc(even)}" x2="${pc(even)}" y1="1" y2="15"/>`}</svg>`;
}

function spark({ id, events }: Partition, { timeline: { buckets } }: SurveyDocument, colour: string): Markup | null {
  if (events === 0 || buckets.length === 0) return null;
  const counts = buckets.map(({ partitions }) => partitions[id] ?? 0);
  const most = counts.reduce((max, each) => Math.max(max, each), 1);
  const d = steppedArea(counts.map((value) => [SPARK, Math.round(SPARK - (value / most) * SPARK)]));
  return html`<svg class="geometry" width="100%" height="20" viewBox="0 0 ${counts.length} ${SPARK}" preserveAspectRatio="none" aria-hidden="true"><path class="${colour}" d="${d}"/></svg>`;
}
