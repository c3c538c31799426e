/** What a proposal has behind its frames: unique ids, and the pins of sessions, as one JSON text. Pure. */

import type { CommitDraft, UniqueId } from '../../../model/events/commit.ts';
import { type DraftedPin, draftedPin } from '../../../model/routing/session-pins.ts';
import { Field, readOr } from './fields.ts';

export interface Marks {
  readonly ids: readonly UniqueId[];
  readonly pins: readonly DraftedPin[];
}

const MARKS_MAX = 4 * 1024 * 1024;

export function hasMarks({ ids, pins }: Pick<CommitDraft, 'ids' | 'pins'>): boolean {
  return ids.length > 0 || pins.pins.count > 0;
}

export function pinsOf({ pins }: CommitDraft['pins']): DraftedPin[] {
  return Array.from({ length: pins.count }, (_, at) => draftedPin(pins, at));
}

/** Null if the draft has none. */
export function encodeMarks(draft: Pick<CommitDraft, 'ids' | 'pins'>): Buffer | null {
  if (!hasMarks(draft)) return null;
  const ids = draft.ids.map(({ id, hash, index }) => [id, index, hash.toString('hex')]);
  const pins = pinsOf(draft.pins).map(({ session, partition, lastSeen, lastSeenBefore }) => [
    session,
    partition,
    lastSeen,
    lastSeenBefore,
  ]);
  return Buffer.from(JSON.stringify({ ids, pins }));
}

/** The marks, or why they cannot be read. */
export function readMarks(bytes: Buffer): Marks | string {
  return readOr(() => {
    const { ids, pins } = Field.parse(bytes.toString('utf8'), 'the marks').fields('ids', 'pins');
    return {
      ids: ids.list(MARKS_MAX).map((each): UniqueId => {
        const [id, index, hash] = each.tuple(3) as [Field, Field, Field];
        return { id: id.text(MARKS_MAX), index: index.whole(), hash: hash.hex(32) };
      }),
      pins: pins.list(MARKS_MAX).map((each): DraftedPin => {
        const [session, partition, lastSeen, before] = each.tuple(4) as [Field, Field, Field, Field];
        return {
          session: session.text(MARKS_MAX),
          partition: partition.whole(),
          lastSeen: lastSeen.number(),
          lastSeenBefore: before.orNull((time) => time.number()),
        };
      }),
    };
  });
}
