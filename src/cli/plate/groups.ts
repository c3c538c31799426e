/** Consumer groups: how far each is behind, in which partitions, who holds them; and parked events by reason. */

import type { FailureDocument, GroupDocument } from '../../views/group-document.ts';
import type { ParkedReasonDocument, SurveyDocument } from '../../views/survey-document.ts';
import { count, plural } from '../terminal/format-numbers.ts';
import type { ShownClock } from '../terminal/shown-clock.ts';
import { cut, html, type Markup } from './html.ts';
import { note, section } from './section.ts';
import { clockText, dayText, localOf, sameDay, shortCount, TimeWords } from './words.ts';
import { zoneName } from './zone-name.ts';

const GROUPS_SHOWN = 24;
/** Up to this number they have wider cards. */
const FEW = 3;
const NAME_MAX = 60;
const HELD_SHOWN = 12;
const MEMBERS_SHOWN = 8;
const BARS_MAX = 64;
/** With more bars than this their names would meet, and an outline would fill them. */
const NAMED_BARS_MAX = 10;
const CAP = 1.5;
const BAR_NAME_MAX = 5;
const LANE_NAME_MAX = 12;
/** Of the member that failed, and of its reason. */
const MEMBER_MAX = 24;
const FAILURE_MAX = 80;
/** Width of the narrowest card, and of a wide character with the ellipsis beside it. */
const CARD_PX = 160;
const CHARACTER_PX = 9;
const BARS_HEIGHT = 46;

export function groups(survey: SurveyDocument, clock: ShownClock): Markup {
  const all = [...survey.overview.groups].sort((one, other) => other.lag - one.lag);
  if (all.length === 0)
    return section(
      'groups',
      'Groups',
      note('No groups yet: the first member creates one, with ', html`<code>tail --group NAME</code>`, '.'),
    );
  const shown = all.slice(0, GROUPS_SHOWN);
  return section(
    'groups',
    'Groups',
    html`<div class="cards${shown.length <= FEW && ' few'}">${shown.map((group) => card(group, survey, clock))}</div>`,
    all.length > shown.length && note(`${plural(all.length - shown.length, 'more group')}, each with a smaller lag.`),
    shown.some(hasTimes) && note('Times in ', zoneName(clock), '.'),
    parked(survey, clock),
  );
}

function card(group: GroupDocument, survey: SurveyDocument, clock: ShownClock): Markup {
  const { name, lag, oldestTime, partitions } = group;
  const { firstTime, lastTime } = survey.overview;
  const words = new TimeWords(firstTime, lastTime, clock);
  const parkedText = group.parked === 0 ? 'nothing parked' : `${plural(group.parked, 'event')} parked`;
  const title =
    lag === 0 ? html`<p class="lag">at the head</p>` : html`<p class="lag alarm">${shortCount(lag)} behind</p>`;
  const oldest = oldestTime !== null && html`<small>oldest waiting: ${words.at(oldestTime)}</small>`;
  const done = html`<small>all ${plural(partitions.length, 'partition')} delivered</small>`;
  return html`<article><h3 title="${name}">${cut(name, NAME_MAX)}</h3>${title}${oldest}<small>${parkedText}</small>${lag === 0 ? done : html`${lagBars(group)}${mostBehind(group)}`}${lastFailure(group, clock)}${members(group)}</article>`;
}

/** Lag by partition: filled where somebody holds the lease, hollow where nobody does. */
function lagBars({ name, partitions }: GroupDocument): Markup {
  const shown = [...partitions].sort((one, other) => other.lag - one.lag).slice(0, BARS_MAX);
  const lanes = partitions.filter((lane) => shown.includes(lane));
  const most = lanes.reduce((max, { lag }) => Math.max(max, lag), 1);
  const width = 100 / lanes.length;
  const isNamed = lanes.length <= NAMED_BARS_MAX;
  const room = Math.min(BAR_NAME_MAX, Math.max(2, Math.floor(CARD_PX / lanes.length / CHARACTER_PX)));
  const bars = lanes.map((lane, at) => {
    const height = lane.lag === 0 ? 0 : Math.max(2, (lane.lag / most) * (BARS_HEIGHT - 2));
    const held = lane.member === null ? 'nobody holds it' : `held by ${lane.member}`;
    const x = `${(at * width + width * 0.08).toFixed(2)}%`;
    const label =
      isNamed &&
      html`<text class="tick" x="${((at + 0.5) * width).toFixed(2)}%" y="${BARS_HEIGHT + 14}" text-anchor="middle">${cut(lane.partition, room)}</text>`;
    const [y, w] = [(BARS_HEIGHT - height).toFixed(1), `${(width * 0.84).toFixed(2)}%`];
    const box = (name: string, tall: number) =>
      html`<rect class="${name}" x="${x}" y="${y}" width="${w}" height="${tall.toFixed(1)}"/>`;
    const outline = isNamed ? box('hollow', height) : html`${box('tint', height)}${box('alarm-fill', CAP)}`;
    return html`<g><title>${lane.partition}: ${plural(lane.lag, 'event')} behind, ${held}</title>${height > 0 && (lane.member === null ? outline : box('alarm-fill', height))}${label}</g>`;
  });
  const held = lanes.filter(({ member }) => member !== null).length;
  const summary = `Lag of ${name} in ${plural(lanes.length, 'partition')}, ${held} of them held by a member; the most ${count(most)}.`;
  return html`<svg class="chart bars" width="100%" height="${BARS_HEIGHT + (isNamed ? 18 : 4)}" role="img" aria-label="${summary}">${bars}<line class="base" x1="0" x2="100%" y1="${BARS_HEIGHT}" y2="${BARS_HEIGHT}"/></svg>`;
}

/** The scale of the bars. */
function mostBehind({ partitions }: GroupDocument): Markup {
  const [first, ...others] = partitions;
  const worst = others.reduce((most, lane) => (lane.lag > (most?.lag ?? 0) ? lane : most), first);
  if (worst === undefined) return html``;
  return html`<small>most in ${cut(worst.partition, LANE_NAME_MAX)}: ${shortCount(worst.lag)}</small>`;
}

function hasTimes({ oldestTime, partitions }: GroupDocument): boolean {
  return oldestTime !== null || partitions.some(({ failure }) => failure !== null);
}

/** Why a partition does not go on, and of several the one that was tried last. */
function lastFailure({ partitions }: GroupDocument, clock: ShownClock): Markup | null {
  const failed = partitions.flatMap(({ partition, nextOffset, failure }) =>
    failure === null ? [] : [{ partition, nextOffset, ...failure }],
  );
  const [last, ...others] = failed.sort((one, other) => Date.parse(other.failedAt) - Date.parse(one.failedAt));
  if (last === undefined) return null;
  const event = `${cut(last.partition, LANE_NAME_MAX)}/${last.nextOffset}${last.sequence === null ? '' : ` (sequence ${last.sequence})`}`;
  const more = others.length === 0 ? '' : `; ${plural(others.length, 'more partition')} failing`;
  return html`<small class="failure">${event}: ${failuresText(last)} ${momentOf(localOf(last.failedAt, clock))} by ${cut(last.member, MEMBER_MAX)}${more}<code class="said">${cut(last.reason, FAILURE_MAX)}</code></small>`;
}

function failuresText({ attempts }: FailureDocument): string {
  return attempts === 0 ? 'not delivered, tried' : `${plural(attempts, 'failure')}, the last`;
}

function members({ members: all, partitions }: GroupDocument): Markup {
  const alive = all.filter(({ isAlive }) => isAlive);
  if (alive.length === 0) return html`<small>no member at work</small>`;
  const shown = alive.slice(0, MEMBERS_SHOWN);
  return html`<ul class="members">${shown.map(({ name }) => {
    const held = partitions.filter(({ member }) => member === name).map(({ partition }) => partition);
    const text = held.length === 0 ? 'holds nothing' : `holds ${held.slice(0, HELD_SHOWN).join(' ')}`;
    const rest = held.length > HELD_SHOWN ? ` and ${held.length - HELD_SHOWN} more` : '';
    return html`<li><b>${cut(name, NAME_MAX)}</b> ${text}${rest}</li>`;
  })}</ul>${alive.length > shown.length && html`<small>and ${plural(alive.length - shown.length, 'more member')}</small>`}`;
}

const REASONS_SHOWN = 24;
const REASON_MAX = 120;
const WORDS_MAX = 120;

function parked({ parked: { reasons, unread } }: SurveyDocument, clock: ShownClock): Markup | null {
  if (reasons.length === 0) return null;
  const hidden = reasons.length - REASONS_SHOWN;
  return html`<div id="parked"><h3>Parked <small>set aside after repeated failures; <code>group parked GROUP</code> lists them</small></h3>
<table class="parked"><thead><tr><th scope="col">group</th><th scope="col" class="num">events</th><th scope="col">reason and last words</th><th scope="col" class="num wide">tries</th><th scope="col">sequences</th><th scope="col" class="num wide zone">parked, ${zoneName(clock)}</th></tr></thead><tbody>${reasons.slice(0, REASONS_SHOWN).map((reason) => parkedRow(reason, clock))}</tbody></table>${hidden > 0 && note(`${plural(hidden, 'more reason')}.`)}${unread > 0 && note(`${plural(unread, 'more parked event')} not read for this page.`)}</div>`;
}

function parkedRow(reason: ParkedReasonDocument, clock: ShownClock): Markup {
  const { group, events, attemptsMax, sequences, details } = reason;
  const rest =
    events > sequences.length ? html` <span class="muted">and ${count(events - sequences.length)} more</span>` : null;
  const last = details.split('\n').findLast((line) => line.trim() !== '') ?? '';
  return html`<tr><th scope="row"><b>${cut(group, NAME_MAX)}</b></th><td class="num">${count(events)}</td><td>${cut(reason.reason, REASON_MAX)}${last !== '' && html`<code class="said">${cut(last, WORDS_MAX)}</code>`}</td><td class="num wide">${attemptsMax}</td><td><code>${sequences.join(' ')}</code>${rest}</td><td class="num wide">${whenText(reason, clock)}</td></tr>`;
}

function whenText({ firstParkedAt, lastParkedAt }: ParkedReasonDocument, clock: ShownClock): Markup {
  const [first, last] = [localOf(firstParkedAt, clock), localOf(lastParkedAt, clock)];
  if (Math.floor(first / 1000) === Math.floor(last / 1000)) return html`${momentOf(first)}`;
  return html`${momentOf(first)}<br>to ${sameDay(first, last) ? clockText(last, 'second') : momentOf(last)}`;
}

function momentOf(local: number): string {
  return `${dayText(local)}, ${clockText(local, 'second')}`;
}
