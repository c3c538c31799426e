/** Producers, and what the ledger's bytes are. */

import type { ProducerDocument, SurveyDocument } from '../../views/survey-document.ts';
import { bytes, count, plural } from '../terminal/format-numbers.ts';
import type { ShownClock } from '../terminal/shown-clock.ts';
import { cut, html, type Markup } from './html.ts';
import { note, section } from './section.ts';
import { clockText, dayText, localOf } from './words.ts';
import { zoneName } from './zone-name.ts';

const PRODUCERS_SHOWN = 16;
const NAME_MAX = 60;
/** A longer name has a line of its own above its figures. */
const NAME_BESIDE_MAX = 20;
const COLUMNS = 5;
/** Of fewer events the bytes of an event are those of the empty file. */
const RATIO_EVENTS_MIN = 1000;

export function producersAndStorage(survey: SurveyDocument, clock: ShownClock): Markup {
  return html`<div class="pair">${producers(survey, clock)}${storage(survey)}</div>\n`;
}

function producers({ producers: all, commits, overview }: SurveyDocument, clock: ShownClock): Markup {
  if (all.length === 0)
    return section(
      'producers',
      'Producers',
      note(
        'No named producer: an input that is emitted twice is stored twice. ',
        html`<code>emit --producer NAME</code>`,
        ' remembers its position.',
      ),
    );
  const shown = [...all].sort((one, other) => other.events - one.events).slice(0, PRODUCERS_SHOWN);
  const isPart = commits.examined < overview.commits;
  return section(
    'producers',
    'Producers',
    html`<table><thead><tr><th scope="col">producer</th><th scope="col" class="num">events</th><th scope="col" class="num">commits</th><th scope="col" class="num">position</th><th scope="col" class="num wide zone">last commit, ${zoneName(clock)}</th></tr></thead>${shown.map((producer) => producerRow(producer, clock))}</table>`,
    all.length > shown.length && note(`${plural(all.length - shown.length, 'more producer')}.`),
    isPart && note(`Events and commits of the last ${plural(commits.examined, 'commit')}.`),
  );
}

function producerRow(
  { name, events, commits, position, isTransfer, lastCommitAt }: ProducerDocument,
  clock: ShownClock,
): Markup {
  const ms = lastCommitAt === null ? null : localOf(lastCommitAt, clock);
  const place = isTransfer ? `sequence ${position ?? 0}` : bytes(position ?? 0);
  const isBeside = name.length <= NAME_BESIDE_MAX;
  const text = html`<b>${cut(name, NAME_MAX)}</b>`;
  const above = isBeside ? null : html`<tr class="name"><th scope="rowgroup" colspan="${COLUMNS}">${text}</th></tr>`;
  const beside = isBeside ? html`<th scope="row">${text}</th>` : html`<td></td>`;
  return html`<tbody>${above}<tr>${beside}<td class="num">${count(events)}</td><td class="num">${count(commits)}</td><td class="num">${position !== null && place}</td><td class="num wide">${ms === null ? '' : `${dayText(ms)}, ${clockText(ms, 'second')}`}</td></tr></tbody>`;
}

function storage({ overview }: SurveyDocument): Markup {
  const { storage: stored, partitions, config, events } = overview;
  const about = partitions.some(({ isEstimate }) => isEstimate) ? '~' : '';
  const frames = partitions.reduce((sum, { storedBytes }) => sum + storedBytes, 0);
  const plain = partitions.reduce((sum, partition) => sum + partition.bytes, 0);
  const log = stored.log?.bytes ?? 0;
  // estimates may exceed the whole
  const rest = Math.max(0, stored.bytes - frames);
  const parts = [
    { name: plain === frames ? 'frames' : 'frames, compressed', value: frames, colour: 'frames', about },
    { name: 'index, chain, free pages', value: rest, colour: 'rest', about },
    { name: 'write-ahead log', value: log, colour: 'log', about: '' },
  ].filter(({ value }) => value > 0);
  const total = parts.reduce((sum, { value }) => sum + value, 0);
  let x = 0;
  const bar = parts.map(({ value, colour }) => {
    const from = x;
    const width = (value / Math.max(1, total)) * 100;
    x += width;
    return html`<rect class="${colour}" x="${from.toFixed(2)}%" y="0" width="${width.toFixed(2)}%" height="16"/>`;
  });
  const archived = overview.archived.filter(({ file }) => file !== null);
  const ratio = plain > 0 ? `, ${(stored.bytes / plain).toFixed(2)} times the frames` : '';
  const perEvent =
    events < RATIO_EVENTS_MIN ? '' : `${count(Math.round(stored.bytes / events))} bytes an event${ratio}. `;
  const away = archived.length === 0 ? '' : ` ${plural(archived.length, 'segment')} in the archive.`;
  return section(
    'storage',
    'Storage',
    html`<svg class="geometry" width="100%" height="16" role="img" aria-label="${parts.map(({ name, value }) => `${name} ${bytes(value)}`).join(', ')}">${bar}</svg>
<ul class="keys">${parts.map(({ name, value, colour, about: sign }) => html`<li><i class="swatch ${colour}"></i>${name} <b>${sign}${bytes(value)}</b></li>`)}</ul>`,
    note(
      `${perEvent}${stored.engine}, durability ${config.durability}, determinism ${config.determinism}, compression ${config.compression}.${away}`,
    ),
  );
}
