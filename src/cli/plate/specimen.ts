/** The specimen plate: the fish, and the figures of each organ beside it with the plain name of what it does. */

import type { SurveyDocument } from '../../views/survey-document.ts';
import { bytes, plural } from '../terminal/format-numbers.ts';
import type { Coloured } from './colours.ts';
import { fish } from './fish.ts';
import { cut, html, type Markup } from './html.ts';
import { duration, shortCount } from './words.ts';

interface Organ {
  /** As class and letter in the drawing. */
  readonly key: string;
  readonly name: string;
  readonly role: string;
  readonly figures: readonly string[];
}

const RULE_MAX = 34;

const CHAIN = { sound: 'BLAKE3 chain sound', broken: 'BLAKE3 chain BROKEN', unverified: 'chain not verified' } as const;

export function specimen(survey: SurveyDocument, coloured: readonly Coloured[]): Markup {
  const organs = organsOf(survey);
  return html`<section class="plate" id="plate" aria-label="Specimen plate"><div class="specimen"><dl class="organs">${organs.map(
    ({ key, name, role, figures }) =>
      html`<div class="o-${key}"><dt><i class="letter">${key}</i> <i>${name}</i> <small>${role}</small></dt><dd>${figures.map((figure) => html`<span>${figure}</span>`)}</dd></div>`,
  )}</dl>${fish(survey, coloured)}</div>
<p class="caption"><b>Specimen plate.</b> The stripes of the flesh are the partitions by share; the strokes of the lateral line, events over time; each ray of the tail is a group, inked as far as it has delivered.</p></section>
`;
}

function organsOf(survey: SurveyDocument): Organ[] {
  const { overview, timeline, verification, commits } = survey;
  const members = timeline.groups.reduce((sum, group) => sum + group.members, 0);
  const lag = timeline.groups.reduce((sum, group) => sum + group.lag, 0);
  const parked = timeline.groups.reduce((sum, group) => sum + group.parked, 0);
  const leases = overview.groups.reduce(
    (sum, group) => sum + group.partitions.filter(({ member }) => member !== null).length,
    0,
  );
  const payload = overview.partitions.reduce((sum, partition) => sum + partition.bytes, 0);
  const about = overview.partitions.some(({ isEstimate }) => isEstimate) ? '~' : '';
  const named = overview.producers.length;
  return [
    {
      ...{ key: 'a', name: 'Mouth', role: 'emission' },
      figures: [
        `${shortCount(overview.events)} ${overview.events === 1 ? 'event' : 'events'} taken`,
        named === 0 ? 'no named producer' : plural(named, 'named producer'),
      ],
    },
    {
      ...{ key: 'b', name: 'Eye', role: 'scheduler' },
      figures: [
        members === 0 ? 'nobody at work' : `${plural(members, 'member')} at work`,
        `${plural(leases, 'lease')} held`,
      ],
    },
    {
      ...{ key: 'c', name: 'Swim bladder', role: 'notifications' },
      figures: [
        `${shortCount(overview.commits)} ${overview.commits === 1 ? 'commit' : 'commits'}`,
        lastCommitText(survey, commits.lastCommitAt),
      ],
    },
    {
      ...{ key: 'd', name: 'Tail', role: 'output' },
      figures: [...tailFigures(timeline.groups.length, lag, parked)],
    },
    {
      ...{ key: 'e', name: 'Gills', role: 'router' },
      figures: [
        cut(overview.routing.rule, RULE_MAX),
        `over ${plural(survey.routed.length, 'partition')}, epoch ${overview.routing.epoch}`,
      ],
    },
    {
      ...{ key: 'f', name: 'Flesh', role: 'the ledger' },
      figures: [`${about}${bytes(payload)} of frames`, `${bytes(overview.storage.bytes)} stored`],
    },
    {
      ...{ key: 'g', name: 'Lateral line', role: 'replay' },
      figures: [spanText(survey), CHAIN[verification.state]],
    },
  ];
}

function tailFigures(groups: number, lag: number, parked: number): string[] {
  if (groups === 0) return ['no groups', 'nothing is owed'];
  const aside = parked === 0 ? '' : `, ${shortCount(parked)} parked`;
  return [`${plural(groups, 'group')}${aside}`, lag === 0 ? 'all at the head' : `${shortCount(lag)} behind`];
}

function lastCommitText({ at, overview }: SurveyDocument, lastCommitAt: string | null): string {
  if (overview.commits === 0) return 'none so far';
  if (lastCommitAt === null) return 'the last one: not known';
  return `last one ${duration(Math.max(0, Date.parse(at) - Date.parse(lastCommitAt)))} before this`;
}

function spanText({ overview: { firstTime, lastTime } }: SurveyDocument): string {
  if (firstTime === null || lastTime === null) return 'nothing to replay';
  const ms = Date.parse(lastTime) - Date.parse(firstTime);
  return ms === 0 ? 'one moment to replay' : `${duration(ms)} to replay`;
}
