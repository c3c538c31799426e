/** The name of the page's zone beside its times. */

import type { ShownClock } from '../terminal/shown-clock.ts';
import { html, type Markup } from './html.ts';

/** May be broken between its parts: `America/Argentina/Buenos_Aires` is wider than the columns of times. */
export function zoneName({ zone }: ShownClock): Markup {
  return html`${zone.split(/(?<=[/_])/).map((part, at) => html`${at > 0 && html`<wbr>`}${part}`)}`;
}
