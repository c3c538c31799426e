/** Events over time, stacked by partition, and the same as a table. */

import { stack } from 'd3-shape';
import type { SurveyDocument } from '../../views/survey-document.ts';
import type { TimelineBucket, TimelineDocument } from '../../views/timeline-document.ts';
import { count, percent, plural } from '../terminal/format-numbers.ts';
import { anchorOf, type CountUnit, countUnit, labelledTicks, PLOT_PX, type Tick, valueAxis } from './axis.ts';
import type { Coloured } from './colours.ts';
import { cut, html, type Markup } from './html.ts';
import { steppedArea } from './step-path.ts';
import { pc, type Span, timeRow } from './time-row.ts';
import { dateText, duration, sameDay, shortCount } from './words.ts';
import { zoneName } from './zone-name.ts';

const HEIGHT = 196;
const NAME_MAX = 40;
/** Of the label of a peak. */
const PEAK_HEIGHT = 12;

export function eventsRow(
  survey: SurveyDocument,
  coloured: readonly Coloured[],
  { span, ticks, guides }: { readonly span: Span; readonly ticks: readonly Tick[]; readonly guides: Markup },
): Markup {
  const { timeline } = survey;
  const { buckets } = timeline;
  const bucketMs = timeline.bucketMs ?? 1;
  const most = buckets.reduce((max, { events }) => Math.max(max, events), 0);
  const unit = countUnit(bucketMs, most);
  const { top, lines } = valueAxis(most * unit.factor);
  const y = (value: number) => HEIGHT - (value / top) * HEIGHT;
  const levels = lines.map((value) => {
    const at = y(value).toFixed(1);
    return html`<line class="grid" x1="0" x2="100%" y1="${at}" y2="${at}"/><text class="tick wide" x="-7" y="${Number(at) + 4}" text-anchor="end">${shortCount(value)}</text>`;
  });
  // narrow pages have no room beside the plot: over the bars, on a halo of paper
  const inside = lines.map(
    (value) => html`<text class="tick narrow halo" x="0" y="${(y(value) - 4).toFixed(1)}">${shortCount(value)}</text>`,
  );
  const svg = html`<svg class="chart" width="100%" height="${HEIGHT + 22}" role="img" aria-label="${summaryOf(timeline, unit, span)}"><svg width="100%" height="${HEIGHT}" overflow="visible">${guides}${levels}</svg>${stackOf(timeline, coloured, { unit, top, words: span.words })}${inside}${peakOf(survey, unit, y)}<line class="base" x1="0" x2="100%" y1="${HEIGHT}" y2="${HEIGHT}"/>${timeLabels(ticks)}</svg>`;
  const [first, last] = [span.clock.localAt(span.from), span.clock.localAt(span.to - 1)];
  const day = sameDay(first, last) ? dateText(first) : `from ${dateText(first)}`;
  const bar = duration(bucketMs);
  const scale = unit.factor === 1 ? [`events a bar of ${bar}`] : [unit.name, `a bar is ${bar}`];
  const label = html`<b>Events</b><small>${[...scale, day, zoneName(span.clock)].map((text) => html`<span>${text}</span> `)}</small>`;
  return timeRow(label, svg, legend(coloured), 'events');
}

/** The labels that a wide page has room for, and those that a narrow one has. */
function timeLabels(ticks: readonly Tick[]): Markup[] {
  const wide = labelledTicks(ticks, PLOT_PX.wide);
  const narrow = labelledTicks(ticks, PLOT_PX.narrow);
  return ticks
    .filter((tick) => wide.includes(tick) || narrow.includes(tick))
    .map((tick) => {
      const only = wide.includes(tick) ? ' wide' : ' narrow';
      const where = wide.includes(tick) && narrow.includes(tick) ? '' : only;
      return html`<text class="tick${where}" x="${pc(tick.at)}" y="${HEIGHT + 16}" text-anchor="${anchorOf(tick)}">${tick.label}</text>`;
    });
}

function summaryOf(
  { events, buckets, bucketMs, firstTime, lastTime }: TimelineDocument,
  unit: CountUnit,
  { words, clock }: Span,
): string {
  const fullest = buckets.reduce<TimelineBucket | undefined>(
    (best, bucket) => (best === undefined || bucket.events > best.events ? bucket : best),
    undefined,
  );
  const most = fullest === undefined ? '' : `, the most ${paceOf(fullest.events, unit)} at ${words.at(fullest.from)}`;
  return `${plural(events, 'event')} in ${buckets.length} buckets of ${duration(bucketMs ?? 1)}, from ${words.at(firstTime ?? '')} to ${words.at(lastTime ?? '')} ${clock.zone}${most}.`;
}

function paceOf(events: number, unit: CountUnit): string {
  return `${shortCount(Math.round(events * unit.factor))} ${unit.name}`;
}

/** The peak has its figure where it is, if it is a finding: beside the bars that are as high, because above them there may be no room. */
function peakOf(
  { findings, timeline: { buckets } }: SurveyDocument,
  unit: CountUnit,
  y: (value: number) => number,
): Markup | null {
  const peak = findings.find((finding) => finding.kind === 'peak');
  if (peak === undefined) return null;
  const top = y(peak.events * unit.factor);
  const first = buckets.findIndex(({ from }) => from === peak.from);
  const isRight = first < 0.7 * buckets.length;
  const aside = isRight ? 1 : -1;
  let at = first;
  while (y((buckets[at]?.events ?? 0) * unit.factor) < top + PEAK_HEIGHT) at += aside;
  const x = pc((isRight ? at : at + 1) / buckets.length);
  return html`<svg x="${x}" overflow="visible" width="1" height="1"><text class="tick halo wide" x="${5 * aside}" y="${(top + 9).toFixed(1)}" text-anchor="${isRight ? 'start' : 'end'}">peak ${paceOf(peak.events, unit)}</text></svg>`;
}

/** A stepped path a partition, and above all a rectangle a bucket that says what it holds. */
function stackOf(
  { buckets }: TimelineDocument,
  coloured: readonly Coloured[],
  { unit, top, words }: Pick<Span, 'words'> & { readonly unit: CountUnit; readonly top: number },
): Markup {
  const own = coloured.filter(({ colour }) => colour !== 'co');
  const rest = coloured.filter(({ colour }) => colour === 'co');
  const series = [
    ...own.map(({ id, colour }) => ({ colour, of: (at: number) => buckets[at]?.partitions[id] ?? 0 })),
    ...(rest.length === 0
      ? []
      : [
          {
            colour: 'co',
            of: (at: number) => rest.reduce((sum, { id }) => sum + (buckets[at]?.partitions[id] ?? 0), 0),
          },
        ]),
  ];
  const layers = stack<unknown, number, number>()
    .keys(series.keys())
    .value((at, key) => (series[key]?.of(at) ?? 0) * unit.factor)([...buckets.keys()]);
  const y = (value: number) => Math.round(1000 - (value / top) * 1000);
  const paths = layers.map((layer, key) => {
    const d = steppedArea(layer.map(([low, high]) => [y(low), y(high)]));
    return html`<path class="${series[key]?.colour ?? 'co'}" d="${d}"/>`;
  });
  const hits = buckets.map(({ from, events, late }, at) => {
    const lateText = late === null || late === 0 ? '' : `, ${count(late)} late`;
    return html`<rect x="${at}" width="1" height="1000"><title>${words.at(from)}: ${plural(events, 'event')}${lateText}</title></rect>`;
  });
  return html`<svg class="geometry" width="100%" height="${HEIGHT}" viewBox="0 0 ${buckets.length} 1000" preserveAspectRatio="none">${paths}<g class="hits">${hits}</g></svg>`;
}

/** In the order of the stack, from its top. */
function legend(coloured: readonly Coloured[]): Markup {
  const own = coloured.filter(({ colour }) => colour !== 'co');
  const rest = coloured.filter(({ colour }) => colour === 'co');
  const share = rest.reduce((sum, each) => sum + each.share, 0);
  const items = [
    ...(rest.length === 0 ? [] : [{ name: `${rest.length} more`, share, colour: 'co' }]),
    ...[...own].reverse(),
  ];
  return html`<ul class="legend">${items.map(({ name, share: part, colour }) => html`<li><i class="swatch ${colour}"></i><span>${cut(name, NAME_MAX)}</span><b>${percent(part)}</b></li>`)}</ul>`;
}

/** What a pointer finds over the bars, for readers without one: folded, and scrolled by the keyboard. */
export function bucketTable({ buckets, late }: TimelineDocument, { words, clock }: Span): Markup {
  const isLateKnown = late !== null;
  const rows = buckets.map(
    ({ from, events, late: lateEvents }) =>
      html`<tr><th scope="row">${words.at(from)}</th><td class="num">${count(events)}</td>${isLateKnown && html`<td class="num">${count(lateEvents ?? 0)}</td>`}</tr>`,
  );
  const lateTitle = html`<th scope="col" class="num">${late?.isSample === true ? 'late, of a sample' : 'late'}</th>`;
  return html`<details class="figures"><summary>The bars as figures</summary><div class="scroll" role="region" aria-label="The bars as figures" tabindex="0"><table><thead><tr><th scope="col">from, ${zoneName(clock)}</th><th scope="col" class="num">events</th>${isLateKnown && lateTitle}</tr></thead><tbody>${rows}</tbody></table></div></details>`;
}
