/** The last events as they are stored: their places, times and the beginning of each payload. */

import type { EventDocument } from '../../views/event-document.ts';
import type { SurveyDocument } from '../../views/survey-document.ts';
import { count } from '../terminal/format-numbers.ts';
import type { ShownClock } from '../terminal/shown-clock.ts';
import { type Coloured, colourOf } from './colours.ts';
import { cut, html, type Markup } from './html.ts';
import { note, section } from './section.ts';
import { clockText, dayText, localOf, sameDay } from './words.ts';

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
  const isOneDay = sameDay(Math.min(...times), Math.max(...times));
  const shown = (ms: number) => `${isOneDay ? '' : `${dayText(ms)} `}${clockText(ms, 'ms')}`;
  return section(
    'last',
    title,
    html`<table class="last"><thead><tr><th scope="col" class="num">sequence</th><th scope="col">place</th><th scope="col">time, ${clock.zone}</th><th scope="col">payload</th></tr></thead><tbody>${events.map((event, at) => rowOf(event, coloured, shown(times[at] as number)))}</tbody></table>`,
  );
}

function rowOf(
  { sequence, partition, offset, time, payload }: EventDocument,
  coloured: readonly Coloured[],
  when: string,
): Markup {
  return html`<tr><th scope="row" class="num"><code>${count(sequence)}</code></th><td><i class="swatch ${colourOf(coloured, partition)}"></i><code>${cut(partition, NAME_MAX)}/${offset}</code></td><td><time datetime="${time}"><code>${when}</code></time></td><td class="payload"><code>${cut(payload, PAYLOAD_MAX)}</code></td></tr>`;
}
