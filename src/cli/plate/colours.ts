/** Which partition has which colour: a class of the style sheet, the same in every chart. */

import type { SurveyDocument } from '../../views/survey-document.ts';

export interface Coloured {
  readonly name: string;
  /** Index in the lists by partition. */
  readonly id: number;
  readonly events: number;
  readonly share: number;
  /** `c1` to `c8`, or `co` for those that share the grey. */
  readonly colour: string;
}

const COLOURS = 8;

/** Partitions that are not empty, the largest first. With more than eight the seven largest have a colour of their own. */
export function colouredPartitions({ overview }: Pick<SurveyDocument, 'overview'>): Coloured[] {
  const filled = overview.partitions.filter(({ events }) => events > 0);
  const own = filled.length <= COLOURS ? COLOURS : COLOURS - 1;
  return [...filled]
    .sort((one, other) => other.events - one.events || one.id - other.id)
    .map(({ id, name, events, share }, rank) => ({
      ...{ id, name, events, share: share ?? 0 },
      colour: rank < own ? `c${rank + 1}` : 'co',
    }));
}

export function colourOf(coloured: readonly Coloured[], name: string): string {
  return coloured.find((each) => each.name === name)?.colour ?? 'co';
}
