/** Reads what names the event that a group is to skip: a partition, the place that `group show` prints, or a sequence. */

import { type Completengine, type GroupDescription, type GroupLane, LedgerError } from '../../index.ts';

/** No partition has a slash in its name. */
const PLACE = /^([^/]+)\/(\d+)$/;

export interface SkipPlace {
  readonly lane: GroupLane;
  /** Of the named event; undefined for a partition alone. */
  readonly offset?: number;
  readonly sequence?: number;
}

/**
 * `p0`: whichever event is next; `p0/12`: the event at this offset; `1325`: the event of this sequence. A partition may have a number as its name, which then means it.
 * @throws LedgerError UNKNOWN_PARTITION; INVALID_RANGE for a sequence that does not exist
 */
export async function placeOf(engine: Completengine, { lanes }: GroupDescription, place: string): Promise<SkipPlace> {
  const laneOf = (name: string): GroupLane | undefined => lanes.find(({ partition }) => partition === name);
  const lane = laneOf(place);
  if (lane !== undefined) return { lane };
  const [, name = place, offset] = PLACE.exec(place) ?? [];
  const named = laneOf(name);
  if (named !== undefined && offset !== undefined) return { lane: named, offset: Number(offset) };
  const sequence = /^\d+$/.test(place) ? Number(place) : 0;
  const holding =
    Number.isSafeInteger(sequence) && sequence > 0 ? laneOf((await engine.event(sequence)).partition) : undefined;
  if (holding !== undefined) return { lane: holding, sequence };
  throw new LedgerError('UNKNOWN_PARTITION', {
    message: `no partition '${name.slice(0, 80)}'`,
    hint: 'list them with: completengine partition',
  });
}
