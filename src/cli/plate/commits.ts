/** Three histograms: events in a commit, pauses between commits, lateness of events. */

import type { DistributionDocument, SurveyDocument } from '../../views/survey-document.ts';
import { count, plural } from '../terminal/format-numbers.ts';
import { html, type Markup } from './html.ts';
import { percentOf } from './masthead.ts';
import { section } from './section.ts';
import { duration, shortCount } from './words.ts';

const HEIGHT = 84;
const SIZES = ['1', '2–9', '10–99', '100–999', '1k–10k', '≥10k'];
const INTERVALS = ['<10 ms', '<0.1 s', '<1 s', '<10 s', '<1 min', 'longer'];
const LATENESS = ['<1 s', '<10 s', '<1 min', '<10 min', '<1 h', 'longer'];

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
  const of = examined < overview.commits ? `of the last ${plural(examined, 'commit')}: ` : '';
  return figure(
    title,
    found,
    SIZES,
    'ink',
    `${of}median ${count(found.median ?? 0)}, largest ${count(found.largest ?? 0)}`,
  );
}

function intervals({ commits: { intervals: found }, overview }: SurveyDocument): Markup {
  const title = 'Between commits';
  if (found.median === null || found.largest === null) {
    if (overview.commits === 1) return empty(title, 'One commit: there is nothing between.');
    return empty(title, overview.commits === 0 ? 'No commit yet.' : 'Not known of commits that are archived.');
  }
  const text = `median ${duration(found.median)}, longest ${duration(found.largest)}, before sequence ${count(found.largestSequence ?? 0)}`;
  return figure(title, found, INTERVALS, 'ink', text);
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
  const text = `${sample}${count(inTime)} in time, ${count(late.events)} late (${percentOf(late.events / late.examined)}); worst ${duration(found.largest ?? 0)}, sequence ${count(found.largestSequence ?? 0)}`;
  return figure(title, found, LATENESS, 'alarm-fill', text);
}

function empty(title: string, text: string): Markup {
  return html`<figure><h3>${title}</h3><p class="note">${text}</p></figure>`;
}

function figure(
  title: string,
  { classes }: DistributionDocument,
  names: readonly string[],
  fill: string,
  text: string,
): Markup {
  const most = classes.reduce((max, each) => Math.max(max, each.count), 1);
  const width = 100 / classes.length;
  const bars = classes.map(({ count: value }, at) => {
    const height = value === 0 ? 0 : Math.max(1.5, (value / most) * (HEIGHT - 18));
    const middle = `${((at + 0.5) * width).toFixed(2)}%`;
    return html`${height > 0 && html`<rect class="${fill}" x="${(at * width + 0.5).toFixed(2)}%" y="${(HEIGHT - height).toFixed(1)}" width="${(width - 1).toFixed(2)}%" height="${height.toFixed(1)}"/><text class="figure" x="${middle}" y="${(HEIGHT - height - 4).toFixed(1)}" text-anchor="middle">${shortCount(value)}</text>`}<text class="tick" x="${middle}" y="${HEIGHT + 15}" text-anchor="middle">${names[at] ?? ''}</text>`;
  });
  const summary = `${title}: ${classes.map((each, at) => `${names[at] ?? ''} ${each.count}`).join(', ')}. ${text}.`;
  return html`<figure><h3>${title}</h3><svg class="chart" width="100%" height="${HEIGHT + 20}" role="img" aria-label="${summary}">${bars}<line class="base" x1="0" x2="100%" y1="${HEIGHT}" y2="${HEIGHT}"/></svg><figcaption>${text}</figcaption></figure>`;
}
