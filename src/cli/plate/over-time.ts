/** One time axis for events stacked by partition, epochs, late events, and how far each group has delivered. */

import { area, curveStepAfter, stack } from 'd3-shape';
import type { SurveyDocument } from '../../views/survey-document.ts';
import type { TimelineDocument, TimelineGroup } from '../../views/timeline-document.ts';
import { count, percent, plural } from '../terminal/format-numbers.ts';
import type { ShownClock } from '../terminal/shown-clock.ts';
import { type CountUnit, countUnit, isAtStart, timeTicks, valueAxis } from './axis.ts';
import type { Coloured } from './colours.ts';
import { cut, html, type Markup } from './html.ts';
import { percentOf } from './masthead.ts';
import { note, section } from './section.ts';
import { dateText, duration, sameDay, shortCount, TimeWords } from './words.ts';

const EVENTS_HEIGHT = 196;
const ROW_HEIGHT = 21;
const GROUPS_SHOWN = 12;
const EPOCHS_SHOWN = 50;
const NAME_MAX = 40;
/** Ticks of the axis at the full width; on narrow pages every second label is left out. */
const TICKS = 7;

/** The axis: milliseconds since the epoch. */
interface Span {
  readonly from: number;
  readonly to: number;
  readonly at: (time: string) => number;
  readonly clock: ShownClock;
}

export function overTime(survey: SurveyDocument, coloured: readonly Coloured[], clock: ShownClock): Markup {
  const { timeline } = survey;
  const title = 'Over time';
  if (timeline.unreadable !== null)
    return section('time', title, note(`Events cannot be read: ${cut(timeline.unreadable, 300)}.`));
  if (timeline.events === 0)
    return section('time', title, note('Nothing has happened yet: the first event begins the axis.'));
  if (timeline.bucketMs === null)
    return section(
      'time',
      title,
      note(`All at ${momentOf(timeline, clock)}; there is no time in between to draw.`),
      groupLines(timeline),
    );
  const span = spanOf(timeline, timeline.bucketMs, clock);
  const guides = guidesOf(timeline, span);
  return section(
    'time',
    title,
    html`<div class="axis">${eventsRow(survey, coloured, span, guides)}${epochsRow(timeline, span, guides)}${lateRow(timeline, guides)}${groupRows(timeline, span, guides)}</div>`,
    moreGroups(timeline),
    timeline.from > 1 &&
      note(
        `Before sequence ${count(timeline.from)} nothing can be read here: it was dropped, or its segment is not at hand.`,
      ),
    timeline.late === null && note('Events take the time of their arrival, so none is late.'),
  );
}

/** `2026-04-12 09:00:00.5 UTC` */
function momentOf({ firstTime }: TimelineDocument, clock: ShownClock): string {
  const [, day, time] = /^(\S+)T(.+?)\.?0*(?:Z|[+-]\d\d:\d\d)$/.exec(clock.text(firstTime ?? '')) ?? [];
  return `${day} ${time} ${clock.zone}`;
}

function spanOf({ buckets }: TimelineDocument, bucketMs: number, clock: ShownClock): Span {
  const from = Date.parse(buckets[0]?.from ?? '');
  const to = from + buckets.length * bucketMs;
  return { from, to, clock, at: (time) => Math.min(1, Math.max(0, (Date.parse(time) - from) / (to - from))) };
}

const pc = (share: number): string => `${Number((100 * share).toFixed(3))}%`;

/** Lines of round times, and dashed ones where an epoch begins; through every row. */
function guidesOf(timeline: TimelineDocument, { from, to, at, clock }: Span): Markup {
  const ticks = timeTicks(from, to, TICKS, clock).map((tick) => pc(tick.at));
  const epochs = shownEpochs(timeline)
    .slice(1)
    .map(({ time }) => pc(at(time)));
  return html`${ticks.map((x) => html`<line class="grid" x1="${x}" x2="${x}" y1="0" y2="100%"/>`)}${epochs.map((x) => html`<line class="epoch-line" x1="${x}" x2="${x}" y1="0" y2="100%"/>`)}`;
}

function row(label: Markup, plot: Markup, value: Markup, name = ''): Markup {
  return html`<div class="row ${name}"><div class="label">${label}</div><div class="plot">${plot}</div><div class="value">${value}</div></div>\n`;
}

function eventsRow(survey: SurveyDocument, coloured: readonly Coloured[], span: Span, guides: Markup): Markup {
  const { timeline } = survey;
  const { buckets } = timeline;
  const bucketMs = timeline.bucketMs ?? 1;
  const most = buckets.reduce((max, { events }) => Math.max(max, events), 0);
  const unit = countUnit(bucketMs, most);
  const { top, lines } = valueAxis(most * unit.factor);
  const y = (value: number) => EVENTS_HEIGHT - (value / top) * EVENTS_HEIGHT;
  const levels = lines.map((value) => {
    const at = y(value).toFixed(1);
    return html`<line class="grid" x1="0" x2="100%" y1="${at}" y2="${at}"/><text class="tick wide" x="-7" y="${Number(at) + 4}" text-anchor="end">${shortCount(value)}</text>`;
  });
  // narrow pages have no room beside the plot: over the bars, on a halo of paper
  const inside = lines.map(
    (value) => html`<text class="tick narrow halo" x="0" y="${(y(value) - 4).toFixed(1)}">${shortCount(value)}</text>`,
  );
  const ticks = timeTicks(span.from, span.to, TICKS, span.clock).map(
    ({ at, label }, nth) =>
      html`<text class="tick${nth % 2 === 1 ? ' wide' : ''}" x="${pc(at)}" y="${EVENTS_HEIGHT + 16}" text-anchor="${isAtStart(at) ? 'start' : 'middle'}">${label}</text>`,
  );
  const summary = `${plural(timeline.events, 'event')} in ${buckets.length} buckets of ${duration(bucketMs)}; the most in one: ${count(most)}.`;
  const svg = html`<svg class="chart" width="100%" height="${EVENTS_HEIGHT + 22}" role="img" aria-label="${summary}"><svg width="100%" height="${EVENTS_HEIGHT}" overflow="visible">${guides}${levels}</svg>${stackOf(timeline, coloured, { unit, top, clock: span.clock })}${inside}<line class="base" x1="0" x2="100%" y1="${EVENTS_HEIGHT}" y2="${EVENTS_HEIGHT}"/>${ticks}</svg>`;
  const [first, last] = [span.clock.localAt(span.from), span.clock.localAt(span.to - 1)];
  const day = sameDay(first, last) ? dateText(first) : `${dateText(first)} on`;
  const label = html`<b>Events</b><small>${unit.name}; <br>a bar is ${duration(bucketMs)}; <br>${day}, ${span.clock.zone}</small>`;
  return row(label, svg, legend(coloured), 'events');
}

/** A stepped path a partition, and above all a rectangle a bucket that says what it holds. */
function stackOf(
  timeline: TimelineDocument,
  coloured: readonly Coloured[],
  { unit, top, clock }: { readonly unit: CountUnit; readonly top: number; readonly clock: ShownClock },
): Markup {
  const { buckets } = timeline;
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
  const rows = [...buckets.keys()];
  const layers = stack<unknown, number, number>()
    .keys(series.keys())
    .value((at, key) => (series[key]?.of(at) ?? 0) * unit.factor)(rows);
  const y = (value: number) => Math.round(1000 - (value / top) * 1000);
  const steps = area<readonly [number, number]>()
    .x((_, at) => at)
    .y0(([low]) => y(low))
    .y1(([, high]) => y(high))
    .curve(curveStepAfter);
  const paths = layers.map((layer, key) => {
    const points = layer.map(([low, high]) => [low, high] as const);
    const last = points.at(-1);
    // a step needs the end of its last bucket, too
    return html`<path class="${series[key]?.colour ?? 'co'}" d="${steps(last === undefined ? [] : [...points, last]) ?? ''}"/>`;
  });
  const words = new TimeWords(timeline.firstTime, timeline.lastTime, clock);
  const hits = buckets.map(({ from, events, late }, at) => {
    const lateText = late === null || late === 0 ? '' : `, ${count(late)} late`;
    return html`<rect x="${at}" width="1" height="1000"><title>${words.at(from)}: ${plural(events, 'event')}${lateText}</title></rect>`;
  });
  return html`<svg class="geometry" width="100%" height="${EVENTS_HEIGHT}" viewBox="0 0 ${buckets.length} 1000" preserveAspectRatio="none">${paths}<g class="hits">${hits}</g></svg>`;
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

/** The last epochs that have begun; the first one shown begins with the axis. */
function shownEpochs({
  epochs,
}: TimelineDocument): { epoch: number; rule: string; partitions: number; time: string }[] {
  const begun = epochs.flatMap(({ epoch, rule, partitions, time }) =>
    time === null ? [] : [{ epoch, rule, partitions, time }],
  );
  return begun.slice(-EPOCHS_SHOWN);
}

function epochsRow(timeline: TimelineDocument, span: Span, guides: Markup): Markup {
  const shown = shownEpochs(timeline);
  // text of SVG has no ellipsis: the names are HTML
  const bands = shown.map(({ epoch, rule, partitions, time }, nth) => {
    const from = nth === 0 ? 0 : span.at(time);
    const next = shown[nth + 1];
    const width = (next === undefined ? 1 : span.at(next.time)) - from;
    const text = `${epoch}: ${cut(rule, NAME_MAX)} over ${partitions}`;
    return html`<svg x="${pc(from)}" width="${pc(width)}" height="${ROW_HEIGHT}"><title>${text}</title><rect class="band" x="1" y="1" width="100%" height="${ROW_HEIGHT - 3}"/>${width > 0.06 && html`<foreignObject width="100%" height="${ROW_HEIGHT}"><div class="tick epoch">${text}</div></foreignObject>`}</svg>`;
  });
  const svg = html`<svg class="chart" width="100%" height="${ROW_HEIGHT}" role="img" aria-label="${plural(timeline.epochs.length, 'epoch')}">${guides}${bands}</svg>`;
  return row(html`<b>Epochs</b>`, svg, html`${plural(timeline.epochs.length, 'epoch')}`);
}

function lateRow({ buckets, late }: TimelineDocument, guides: Markup): Markup | null {
  if (late === null) return null;
  const most = buckets.reduce((max, bucket) => Math.max(max, bucket.late ?? 0), 0);
  const bars = buckets.map(({ late: events }, at) =>
    events === null || events === 0
      ? ''
      : `M${at + 0.12} 1000V${Math.round(1000 - Math.max(60, (events / most) * 1000))}h.76V1000Z`,
  );
  const share = late.examined === 0 ? 0 : late.events / late.examined;
  const found = late.isSample ? `~${percentOf(share)}, sampled` : `${count(late.events)}, ${percentOf(share)}`;
  const text = late.events === 0 ? 'none late' : found;
  const height = 28;
  const svg = html`<svg class="chart" width="100%" height="${height}" role="img" aria-label="Late events: ${text}">${guides}<svg width="100%" height="${height - 1}" viewBox="0 0 ${buckets.length} 1000" preserveAspectRatio="none"><path class="late" d="${bars.join('')}"/></svg><line class="base" x1="0" x2="100%" y1="${height - 0.5}" y2="${height - 0.5}"/></svg>`;
  return row(html`<b>Late</b>`, svg, html`${text}`);
}

const byLag = (groups: readonly TimelineGroup[]): TimelineGroup[] =>
  [...groups].sort((one, other) => other.lag - one.lag);

function groupRows({ groups }: TimelineDocument, span: Span, guides: Markup): Markup[] {
  return byLag(groups)
    .slice(0, GROUPS_SHOWN)
    .map((group) => {
      const { name, lag, oldestTime } = group;
      const waitsFrom = oldestTime === null ? 0 : span.at(oldestTime);
      const done = lag === 0 ? 1 : waitsFrom;
      const text = lag === 0 ? 'at the head' : `${shortCount(lag)} behind`;
      const middle = (ROW_HEIGHT - 7) / 2;
      const svg = html`<svg class="chart" width="100%" height="${ROW_HEIGHT}" role="img" aria-label="${name}: ${text}">${guides}<rect class="tint" x="${pc(done)}" y="${middle}" width="${pc(1 - done)}" height="7"/><rect class="ink" x="0" y="${middle}" width="${pc(done)}" height="7"/><svg x="${pc(done)}" overflow="visible" width="1" height="${ROW_HEIGHT}"><rect class="${lag > 0 ? 'alarm-fill' : 'ink'}" x="-1" y="${middle - 4}" width="2" height="15"/></svg></svg>`;
      return row(
        html`<b>${cut(name, NAME_MAX)}</b>`,
        svg,
        lag > 0 ? html`<b class="alarm">${text}</b>` : html`${text}`,
      );
    });
}

/** Where there is no axis. */
function groupLines({ groups }: TimelineDocument): Markup | null {
  if (groups.length === 0) return null;
  return note(
    byLag(groups)
      .slice(0, GROUPS_SHOWN)
      .map(({ name, lag }) => `${cut(name, NAME_MAX)}: ${lag === 0 ? 'at the head' : `${count(lag)} behind`}`)
      .join('; '),
  );
}

function moreGroups({ groups }: TimelineDocument): Markup | null {
  if (groups.length === 0) return note('No groups: nobody keeps a position in this ledger.');
  const hidden = groups.length - GROUPS_SHOWN;
  return hidden > 0 ? note(`${plural(hidden, 'more group')}, each with a smaller lag.`) : null;
}
