/** The recipes of docs/RECIPES.md: sections with one block for a shell each. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { blocksOf } from './document-session.ts';

const DOCUMENT = readFileSync(join(import.meta.dirname, '../../docs/RECIPES.md'), 'utf8');
const [INTO = '', OUT = ''] = DOCUMENT.split(/^# Out of a ledger$/m);

export interface Recipe {
  readonly title: string;
  /** All of its text. */
  readonly section: string;
  /** Empty without a block. */
  readonly script: string;
}

function recipesIn(part: string): Recipe[] {
  return part
    .split(/^## /m)
    .slice(1)
    .map((section) => ({
      title: section.split('\n', 1)[0] as string,
      section,
      script: blocksOf(section, 'sh')[0] ?? '',
    }));
}

/** How lines of other tools get into a ledger. */
export const RECIPES_INTO = recipesIn(INTO);
/** How other tools get events out of one. */
export const RECIPES_OUT = recipesIn(OUT);
