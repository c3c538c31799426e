/** The head of the plate: the ledger's name, one sentence, the seal, the findings and the facts. */

import type { Finding } from '../../views/findings.ts';
import type { LateDocument } from '../../views/late-document.ts';
import type { SurveyDocument } from '../../views/survey-document.ts';
import { bytes, count, percent, plural } from '../terminal/format-numbers.ts';
import type { ShownClock } from '../terminal/shown-clock.ts';
import { countUnit } from './axis.ts';
import { cut, html, type Markup } from './html.ts';
import { dateText, duration, localOf, momentText, TimeWords } from './words.ts';
import { zoneName } from './zone-name.ts';

const NAME_MAX = 120;
/** A longer name is set smaller. */
const TITLE_LINE = 32;
const REASON_MAX = 160;

export function masthead(survey: SurveyDocument, clock: ShownClock): Markup {
  const { overview, at } = survey;
  const name = nameOf(overview.path);
  const isLong = name.length > TITLE_LINE;
  return html`<header><p class="brand"><span>Completengine</span> <i>ledger report</i><time datetime="${new Date(at).toISOString()}">${momentText(at, clock)}</time></p>
<h1${isLong && html` class="long"`}>${cut(name, NAME_MAX)}</h1>
<p class="lede">${sentence(survey)} ${seal(survey)}</p>
${findingList(survey, clock)}${facts(survey, clock)}</header>
`;
}

/** The last part of the path, without a query. */
export function nameOf(path: string): string {
  return path.split(/[/\\]/).findLast((part) => part !== '') ?? path;
}

function sentence({ overview, timeline }: SurveyDocument): string {
  const { events, lastTime, partitions } = overview;
  const { from, firstTime } = timeline;
  const lanes = plural(partitions.length, 'partition');
  if (events === 0 || firstTime === null || lastTime === null) return `No events yet; ${lanes} wait for them.`;
  const ms = Date.parse(lastTime) - Date.parse(firstTime);
  const when = ms === 0 ? 'at one moment' : `over ${duration(ms)}`;
  if (from === 1) return `${plural(events, 'event')} ${when} in ${lanes}.`;
  return `${count(events - from + 1)} of ${plural(events, 'event')} ${when} in ${lanes}, from sequence ${from} on.`;
}

function seal({ verification, overview }: SurveyDocument): Markup {
  switch (verification.state) {
    case 'sound': {
      if (verification.from > 1) return html`<b class="seal sound">✓ Sound from sequence ${verification.from} on.</b>`;
      const anchor = verification.isAnchored ? ', and extends the expected head' : '';
      return overview.events === 0
        ? html`<b class="seal sound">✓ Sound: an intact, empty chain.</b>`
        : html`<b class="seal sound">✓ Sound: the whole chain was verified${anchor}.</b>`;
    }
    case 'broken':
      return html`<b class="seal alarm">✗ NOT sound: the chain is broken.</b>`;
    default:
      return html`<b class="seal muted">Not verified on this page.</b>`;
  }
}

const GLYPHS = { alarm: '▲', warning: '△', note: '–' } as const;
const LEVELS = { alarm: 'alarm', warning: 'warning', note: 'note' } as const;

function findingList(survey: SurveyDocument, clock: ShownClock): Markup {
  const { findings } = survey;
  if (findings.length === 0) return html`<p class="calm">Nothing calls for attention.</p>`;
  return html`<ul class="findings">${findings.map((finding) => {
    const { title, detail, target } = findingText(finding, survey, clock);
    return html`<li class="is-${finding.level}"><span class="glyph" role="img" aria-label="${LEVELS[finding.level]}">${GLYPHS[finding.level]}</span><a href="#${target}">${title}</a><small>${detail}</small></li>`;
  })}</ul>`;
}

interface FindingText {
  readonly title: string;
  readonly detail: string;
  /** Anchor of the section that it is about. */
  readonly target: string;
}

function findingText(finding: Finding, { overview, timeline }: SurveyDocument, clock: ShownClock): FindingText {
  const words = new TimeWords(overview.firstTime, overview.lastTime, clock);
  const bucketMs = timeline.bucketMs ?? 1;
  switch (finding.kind) {
    case 'broken':
      return { title: 'The chain is broken', detail: cut(finding.reason, REASON_MAX), target: 'foot' };
    case 'unreadable':
      return { title: 'Events cannot be read', detail: cut(finding.reason, REASON_MAX), target: 'time' };
    case 'behind': {
      const { group, events, oldestTime, members } = finding;
      const oldest = oldestTime === null ? '' : `the oldest of ${words.at(oldestTime)}; `;
      const who = members === 0 ? 'nobody is at work' : `${plural(members, 'member')} at work`;
      return {
        title: `Group ${group} is ${plural(events, 'event')} behind`,
        detail: `${oldest}${who}`,
        target: 'groups',
      };
    }
    case 'parked': {
      const reason = finding.reason === null ? '' : `: ${cut(finding.reason, REASON_MAX)}`;
      const title = `${plural(finding.events, 'event')} parked`;
      return { title, detail: `set aside after repeated failures${reason}`, target: 'parked' };
    }
    case 'silence':
      return {
        title: `Near silence for ${duration(finding.buckets * bucketMs)}`,
        detail: `from ${words.at(finding.from)}: fewer than an eighth of the usual events`,
        target: 'time',
      };
    case 'peak': {
      const unit = countUnit(bucketMs, finding.events);
      const pace = count(Math.round(finding.events * unit.factor));
      const title = `Peak of ${pace} ${unit.name}`;
      return {
        title,
        detail: `at ${words.at(finding.from)}, ${finding.timesMedian.toFixed(1)} times the median`,
        target: 'time',
      };
    }
    case 'skew':
      return {
        title: `Partition ${finding.partition} holds ${percent(finding.share)}`,
        detail: `${finding.skew.toFixed(2)} times an even share of ${plural(finding.of, 'partition')}`,
        target: 'partitions',
      };
    case 'late':
      return { ...lateText(finding), target: 'commits' };
  }
}

/** Of a sample the number in the ledger is estimated from its share. */
function lateText({ events, examined, isSample, worstMs }: LateDocument): { title: string; detail: string } {
  const share = percentOf(events / examined);
  const worst = `the latest by ${duration(worstMs)}`;
  if (!isSample) return { title: `${plural(events, 'event')} came late`, detail: `${share}; ${worst}` };
  return { title: `~${share} of events came late`, detail: `in a sample of ${count(examined)}; ${worst}` };
}

/** A share that is not nothing is never written as 0.0 %. */
export function percentOf(share: number): string {
  return share > 0 && share < 0.0005 ? '< 0.1 %' : percent(share);
}

function facts({ overview }: SurveyDocument, clock: ShownClock): Markup {
  const { head, storage, uuid, format, firstTime, lastTime, events } = overview;
  const range = events === 0 ? { text: 'none yet', note: '' } : new TimeWords(firstTime, lastTime, clock).range();
  const [sequence = '', hash = ''] = head.split(':');
  const log = storage.log === null || storage.log.bytes === 0 ? '' : `and ${bytes(storage.log.bytes)} of log`;
  return html`<dl class="facts">
<div><dt>events</dt><dd>${count(events)}</dd></div>
<div><dt>span, ${zoneName(clock)}</dt><dd>${range.text}<small>${range.note}</small></dd></div>
<div><dt>commits</dt><dd>${count(overview.commits)}</dd></div>
<div><dt>size</dt><dd>${bytes(storage.bytes)}<small>${log}</small></dd></div>
<div><dt>head</dt><dd><code>${sequence}:${hash.slice(0, 12)}</code><small>format ${format}, uuid ${uuid.slice(0, 8)}, since ${dateText(localOf(overview.createdAt, clock))}</small></dd></div>
</dl>`;
}
