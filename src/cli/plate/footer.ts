/** The foot of the plate: its words explained, the whole head, where the ledger is. */

import type { SurveyDocument } from '../../views/survey-document.ts';
import { cut, html, type Markup } from './html.ts';

const WORDS: readonly (readonly [word: string, meaning: string])[] = [
  ['event', 'one committed line, kept to the byte'],
  ['sequence', 'its place in the ledger: 1, 2, 3 …, the total order'],
  ['partition', 'a lane with an order of its own; offset is the place in it'],
  ['commit', 'events stored together, all or none'],
  ['frame', 'the events of one commit in one partition, as they are stored'],
  ['skew', 'the share of a partition beside an even share: ×1.00 is even'],
  ['epoch', 'a time in which one rule sends events to partitions'],
  ['group', 'consumers that share the partitions and keep their positions'],
  ['lease', 'the right of a member to a partition, for a while'],
  ['parked', 'set aside after repeated failures, so that others go on'],
  ['late', 'recorded after an event with a later time'],
  ['head', 'the last sequence, and the hash of all events up to it'],
];

const PATH_MAX = 400;
const REASON_MAX = 600;

export function footer({ overview, verification }: SurveyDocument): Markup {
  const reason =
    verification.state === 'broken' &&
    html`<p class="alarm">The chain is broken: ${cut(verification.reason, REASON_MAX)}</p>`;
  const verified =
    verification.state === 'sound' &&
    verification.events > 0 &&
    html` Verified through ${verification.from + verification.events - 1}.`;
  return html`<footer id="foot"><dl class="words">${WORDS.map(([word, meaning]) => html`<div><dt>${word}</dt><dd>${meaning}</dd></div>`)}</dl>${reason}
<p>Head <code>${overview.head}</code>. Keep it elsewhere: <code class="flags">inspect --verify</code> <code class="flags">--expect-head</code> proves later that nothing was cut off or rewritten.${verified}</p>
<p><code>${cut(overview.path, PATH_MAX)}</code>, uuid <code>${overview.uuid}</code></p>
<p class="colophon">Made by <code>completengine inspect --html</code>. Type: Cormorant Garamond, Mulish, JetBrains Mono (OFL 1.1).</p></footer>
`;
}
