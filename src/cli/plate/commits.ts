/** Three histograms: events in a commit, pauses between commits, lateness of events. */

import type { DistributionDocument, SurveyDocument } from '../../views/survey-document.ts';
import { count, plural } from '../terminal/format-numbers.ts';
import { html, type Markup } from './html.ts';
import { percentOf } from './masthead.ts';
import { section } from './section.ts';
import { duration } from './words.ts';

const HEIGHT = 84;
export function commits(survey: SurveyDocument): Markup {
  return section(
    'commits',
    'Commits and lateness',
    html`<div class="histograms">${sizes(survey)}${intervals(survey)}${lateness(survey)}</div>`,
  );
}

function sizes({ commits: { sizes: found, examined }, overview }: SurveyDocument): Markup {
  const title = 'Events in a commit';
  if (examined === 0)
    return empty(title, overview.commits === 0 ? 'No commit yet.' : 'Not known of commits that are archived.');
  const of = examined < overview.commits ? 'the last ' : '';
  return figure(
    title,
    found,
    sizeText,
    'ink',
    `${of}${plural(examined, 'commit')}: median ${count(found.median ?? 0)}, largest ${count(found.largest ?? 0)}`,
  );
}

function intervals({ commits: { intervals: found }, overview }: SurveyDocument): Markup {
  const title = 'Time between commits';
  if (found.median === null || found.largest === null) {
    if (overview.commits === 1) return empty(title, 'One commit: there is nothing between.');
    return empty(title, overview.commits === 0 ? 'No commit yet.' : 'Not known of commits that are archived.');
  }
  const text = `median ${duration(found.median)}, longest ${duration(found.largest)}, before sequence ${found.largestSequence ?? 0}`;
  return figure(title, found, timeText, 'ink', text);
}

function lateness({ lateness: found, timeline: { late, events, unreadable } }: SurveyDocument): Markup {
  const title = 'Lateness of events';
  if (unreadable !== null) return empty(title, 'Events cannot be read.');
  if (events === 0) return empty(title, 'No event yet.');
  if (found === null || late === null) return empty(title, 'Events take the time of their arrival: none can be late.');
  const sample = late.isSample ? `In an even sample of ${plural(late.examined, 'event')}: ` : '';
  if (late.events === 0)
    return empty(title, `${sample}${sample === '' ? 'None' : 'none'} is late: all came in the order of their times.`);
  const inTime = late.examined - late.events;
  const text = `${sample}${count(inTime)} in time, ${count(late.events)} late (${percentOf(late.events / late.examined)}); worst ${duration(found.largest ?? 0)}, sequence ${found.largestSequence ?? 0}`;
  return figure(title, found, timeText, 'alarm-fill', text);
}

function empty(title: string, text: string): Markup {
  return html`<figure><h3>${title}</h3><p class="note">${text}</p></figure>`;
}

/** Classes in the order of their values, with the value between two of them below. */
function figure(
  title: string,
  { classes }: DistributionDocument,
  textOf: (bound: number) => string,
  fill: string,
  text: string,
): Markup {
  const bounds = classes.flatMap(({ below }) => (below === null ? [] : [textOf(below)]));
  const most = classes.reduce((max, each) => Math.max(max, each.count), 1);
  const width = 100 / classes.length;
  const bars = classes.map(({ count: value }, at) => {
    if (value === 0) return null;
    const height = Math.max(1.5, (value / most) * (HEIGHT - 18));
    return html`<rect class="${fill}" x="${(at * width + 0.5).toFixed(2)}%" y="${(HEIGHT - height).toFixed(1)}" width="${(width - 1).toFixed(2)}%" height="${height.toFixed(1)}"/><text class="figure" x="${((at + 0.5) * width).toFixed(2)}%" y="${(HEIGHT - height - 4).toFixed(1)}" text-anchor="middle">${barText(value)}</text>`;
  });
  const ticks = bounds.map((bound, at) => {
    const x = `${((at + 1) * width).toFixed(2)}%`;
    return html`<line class="base" x1="${x}" x2="${x}" y1="${HEIGHT}" y2="${HEIGHT + 4}"/><text class="tick" x="${x}" y="${HEIGHT + 17}" text-anchor="middle">${bound}</text>`;
  });
  const named = classes.map(({ count: value }, at) => `${className(bounds, at)}: ${value}`);
  return html`<figure><h3>${title}</h3><svg class="chart" width="100%" height="${HEIGHT + 22}" role="img" aria-label="${title}. ${named.join(', ')}.">${bars}${ticks}<line class="base" x1="0" x2="100%" y1="${HEIGHT}" y2="${HEIGHT}"/></svg><figcaption>${text}</figcaption></figure>`;
}

function className(bounds: readonly string[], at: number): string {
  const [from, to] = [bounds[at - 1], bounds[at]];
  if (from === undefined) return `below ${to ?? ''}`;
  return to === undefined ? `${from} and more` : `${from} to ${to}`;
}

/** A count above its bar: five digits are wider than a bar where the charts are narrowest. */
function barText(value: number): string {
  if (value < 10_000) return count(value);
  const [unit, name] = value < 999_500 ? [1000, 'k'] : [1e6, 'M'];
  return `${Number((value / unit).toPrecision(3))}${name}`;
}

/** Bounds in few characters: three charts of six classes stand side by side on 760 px. */
function sizeText(bound: number): string {
  return bound < 1000 ? String(bound) : `${bound / 1000}k`;
}

function timeText(ms: number): string {
  return ms < 100 || ms >= 1000 ? duration(ms) : `${ms / 1000} s`;
}
