/** What needs the chart library: loaded, as a bundle of its own, by the commands that draw. */

export { timeTicks } from './axis.ts';
export { plate } from './page.ts';
export { readFonts } from './read-fonts.ts';
