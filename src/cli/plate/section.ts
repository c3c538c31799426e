/** A section of the plate: its title, its anchor, its content. */

import { type HtmlValue, html, type Markup } from './html.ts';

export function section(id: string, title: string, ...content: HtmlValue[]): Markup {
  return html`<section id="${id}"><h2>${title}</h2>${content}</section>\n`;
}

export function note(...content: HtmlValue[]): Markup {
  return html`<p class="note">${content}</p>`;
}
