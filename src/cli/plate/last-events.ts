/** The last events as they are stored: their places, times and the beginning of each payload. */

import type { EventDocument } from '../../views/event-document.ts';
import type { SurveyDocument } from '../../views/survey-document.ts';
import { type Coloured, colourOf } from './colours.ts';
import { cut, html, type Markup } from './html.ts';
import { note, section } from './section.ts';
import { clockText, dateText, dayText, sameDay } from './words.ts';

const PAYLOAD_MAX = 170;
const NAME_MAX = 24;

export function lastEvents({ lastEvents: events, timeline }: SurveyDocument, coloured: readonly Coloured[]): Markup {
  const title = 'The last events';
  if (timeline.unreadable !== null) return section('last', title, note('They cannot be read.'));
  if (events.length === 0)
    return section(
      'last',
      title,
      note('No event yet: ', html`<code>completengine emit FILE</code>`, ' brings the first.'),
    );
  const times = events.map(({ time }) => Date.parse(time));
  const [first, last] = [Math.min(...times), Math.max(...times)];
  const dayOf = dayWords(first, last);
  const day = sameDay(first, last) ? dateText(first) : 'time';
  return section(
    'last',
    title,
    // narrow tables have no head
    html`<p class="note narrow">${day}, UTC</p><table class="last"><thead><tr><th scope="col" class="num">sequence</th><th scope="col">place</th><th scope="col">${day}, UTC</th><th scope="col">payload</th></tr></thead><tbody>${events.map((event) => rowOf(event, coloured, dayOf))}</tbody></table>`,
  );
}

/** The day of an event, with its year if these differ; nothing if all are of one day, which the head of the column has. */
function dayWords(first: number, last: number): (ms: number) => string {
  if (sameDay(first, last)) return () => '';
  const isOneYear = new Date(first).getUTCFullYear() === new Date(last).getUTCFullYear();
  return (ms) => `${isOneYear ? dayText(ms) : dateText(ms)} `;
}

function rowOf(
  { sequence, partition, offset, time, payload }: EventDocument,
  coloured: readonly Coloured[],
  dayOf: (ms: number) => string,
): Markup {
  const ms = Date.parse(time);
  const when = `${dayOf(ms)}${clockText(ms, 'ms')}`;
  return html`<tr><th scope="row" class="num"><code>${sequence}</code></th><td><i class="swatch ${colourOf(coloured, partition)}"></i><code>${cut(partition, NAME_MAX)}/${offset}</code></td><td><time datetime="${time}"><code>${when}</code></time></td><td class="payload"><code>${cut(payload, PAYLOAD_MAX)}</code></td></tr>`;
}
