/** One time axis for events stacked by partition, epochs, late events, and how far each group has delivered. */

import type { SurveyDocument } from '../../views/survey-document.ts';
import type { TimelineDocument, TimelineEpoch, TimelineGroup } from '../../views/timeline-document.ts';
import { count, plural } from '../terminal/format-numbers.ts';
import type { ShownClock } from '../terminal/shown-clock.ts';
import { type Tick, timeTicks } from './axis.ts';
import type { Coloured } from './colours.ts';
import { bucketTable, eventsRow } from './events-chart.ts';
import { cut, html, type Markup } from './html.ts';
import { percentOf } from './masthead.ts';
import { note, section } from './section.ts';
import { pc, type Span, timeRow } from './time-row.ts';
import { shortCount, TimeWords } from './words.ts';

const ROW_HEIGHT = 21;
const LATE_HEIGHT = 28;
const GROUPS_SHOWN = 12;
const EPOCHS_SHOWN = 50;
const NAME_MAX = 40;
const TICKS = 7;

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
  const ticks = timeTicks(span.from, span.to, TICKS, clock);
  const guides = guidesOf(timeline, span, ticks);
  return section(
    'time',
    title,
    html`<div class="axis">${eventsRow(survey, coloured, { span, ticks, guides })}${epochsRow(timeline, span, guides)}${lateRow(timeline, guides)}${groupRows(timeline, span, guides)}</div>`,
    bucketTable(timeline, span),
    moreGroups(timeline),
    timeline.from > 1 &&
      note(`Before sequence ${timeline.from} nothing can be read here: it was dropped, or its segment is not at hand.`),
    timeline.late === null && note('Events take the time of their arrival, so none is late.'),
  );
}

/** `2026-04-12 09:00:00.5 UTC` */
function momentOf({ firstTime }: TimelineDocument, clock: ShownClock): string {
  const [, day, time] = /^(\S+)T(.+?)\.?0*(?:Z|[+-]\d\d:\d\d)$/.exec(clock.text(firstTime ?? '')) ?? [];
  return `${day} ${time} ${clock.zone}`;
}

function spanOf({ buckets, firstTime, lastTime }: TimelineDocument, bucketMs: number, clock: ShownClock): Span {
  const from = Date.parse(buckets[0]?.from ?? '');
  const to = from + buckets.length * bucketMs;
  const at = (time: string) => Math.min(1, Math.max(0, (Date.parse(time) - from) / (to - from)));
  return { from, to, at, clock, words: new TimeWords(firstTime, lastTime, clock) };
}

/** Lines of round times, and dashed ones where an epoch begins; through every row. */
function guidesOf(timeline: TimelineDocument, { at }: Span, ticks: readonly Tick[]): Markup {
  const times = ticks.map((tick) => pc(tick.at));
  const epochs = shownEpochs(timeline)
    .slice(1)
    .map(({ time }) => pc(at(time)));
  return html`${times.map((x) => html`<line class="grid" x1="${x}" x2="${x}" y1="0" y2="100%"/>`)}${epochs.map((x) => html`<line class="epoch-line" x1="${x}" x2="${x}" y1="0" y2="100%"/>`)}`;
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

function epochText({ epoch, rule, partitions }: Pick<TimelineEpoch, 'epoch' | 'rule' | 'partitions'>): string {
  return `${epoch}: ${cut(rule, NAME_MAX)} over ${partitions}`;
}

function epochsRow(timeline: TimelineDocument, span: Span, guides: Markup): Markup {
  const shown = shownEpochs(timeline);
  // text of SVG has no ellipsis: the names are HTML
  const bands = shown.map(({ epoch, rule, partitions, time }, nth) => {
    const from = nth === 0 ? 0 : span.at(time);
    const next = shown[nth + 1];
    const width = (next === undefined ? 1 : span.at(next.time)) - from;
    const text = epochText({ epoch, rule, partitions });
    return html`<svg x="${pc(from)}" width="${pc(width)}" height="${ROW_HEIGHT}"><title>${text}</title><rect class="band" x="1" y="1" width="100%" height="${ROW_HEIGHT - 3}"/>${width > 0.06 && html`<foreignObject y="1" width="100%" height="${ROW_HEIGHT - 3}"><div class="tick epoch">${text}</div></foreignObject>`}</svg>`;
  });
  const list = shown.map((epoch) => `${epochText(epoch)}, from ${span.words.at(epoch.time)}`);
  const svg = html`<svg class="chart" width="100%" height="${ROW_HEIGHT}" role="img" aria-label="Epochs: ${list.join('; ')}.">${guides}${bands}</svg>`;
  return timeRow(html`<b>Epochs</b>`, svg, html`${plural(timeline.epochs.length, 'epoch')}`);
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
  const height = late.events === 0 ? ROW_HEIGHT : LATE_HEIGHT;
  const svg = html`<svg class="chart" width="100%" height="${height}" role="img" aria-label="Late events: ${text}">${guides}<svg width="100%" height="${height - 1}" viewBox="0 0 ${buckets.length} 1000" preserveAspectRatio="none"><path class="late" d="${bars.join('')}"/></svg><line class="base" x1="0" x2="100%" y1="${height - 0.5}" y2="${height - 0.5}"/></svg>`;
  return timeRow(html`<b>Late</b>`, svg, html`${text}`);
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
      const oldest = oldestTime === null ? '' : `, the oldest of ${span.words.at(oldestTime)}`;
      const middle = (ROW_HEIGHT - 7) / 2;
      const svg = html`<svg class="chart" width="100%" height="${ROW_HEIGHT}" role="img" aria-label="${name}: ${text}${oldest}">${guides}<rect class="tint" x="${pc(done)}" y="${middle}" width="${pc(1 - done)}" height="7"/><rect class="ink" x="0" y="${middle}" width="${pc(done)}" height="7"/><svg x="${pc(done)}" overflow="visible" width="1" height="${ROW_HEIGHT}"><rect class="${lag > 0 ? 'alarm-fill' : 'ink'}" x="-1" y="${middle - 4}" width="2" height="15"/></svg></svg>`;
      return timeRow(
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
  const hidden = groups.length - GROUPS_SHOWN;
  return hidden > 0 ? note(`${plural(hidden, 'more group')}, each with a smaller lag.`) : null;
}
