/** The last events as they are stored: their places, times and the beginning of each payload. */

import type { EventDocument } from '../../views/event-document.ts';
import type { SurveyDocument } from '../../views/survey-document.ts';
import type { ShownClock } from '../terminal/shown-clock.ts';
import { type Coloured, colourOf } from './colours.ts';
import { cut, html, type Markup } from './html.ts';
import { note, section } from './section.ts';
import { clockText, dateText, dayText, localOf, sameDay } from './words.ts';
import { zoneName } from './zone-name.ts';

const PAYLOAD_MAX = 170;
const NAME_MAX = 24;

export function lastEvents(
  { lastEvents: events, timeline }: SurveyDocument,
  coloured: readonly Coloured[],
  clock: ShownClock,
): Markup {
  const title = 'The last events';
  if (timeline.unreadable !== null) return section('last', title, note('They cannot be read.'));
  if (events.length === 0)
    return section(
      'last',
      title,
      note('No event yet: ', html`<code>completengine emit FILE</code>`, ' brings the first.'),
    );
  const times = events.map(({ time }) => localOf(time, clock));
  const [first, last] = [Math.min(...times), Math.max(...times)];
  const dayOf = dayWords(first, last);
  const shown = (local: number) => `${dayOf(local)}${clockText(local, 'ms')}`;
  const day = sameDay(first, last) ? dateText(first) : 'time';
  return section(
    'last',
    title,
    // narrow tables have no head
    html`<p class="note narrow">${day}, ${zoneName(clock)}</p><table class="last"><thead><tr><th scope="col" class="num">sequence</th><th scope="col">place</th><th scope="col" class="zone">${day}, ${zoneName(clock)}</th><th scope="col">payload</th></tr></thead><tbody>${events.map((event, at) => rowOf(event, coloured, shown(times[at] as number)))}</tbody></table>`,
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
  when: string,
): Markup {
  return html`<tr><th scope="row" class="num"><code>${sequence}</code></th><td><i class="swatch ${colourOf(coloured, partition)}"></i><code>${cut(partition, NAME_MAX)}/${offset}</code></td><td><time datetime="${time}"><code>${when}</code></time></td><td class="payload"><code>${cut(payload, PAYLOAD_MAX)}</code></td></tr>`;
}
