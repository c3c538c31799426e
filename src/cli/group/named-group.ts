/** Finds a group by its name. */

import { type Completengine, type GroupDescription, LedgerError } from '../../index.ts';

/** @throws LedgerError UNKNOWN_GROUP */
export async function namedGroup(engine: Completengine, name: string): Promise<GroupDescription> {
  const group = (await engine.groups()).find((each) => each.name === name);
  if (group !== undefined) return group;
  checkHasGroups(engine);
  throw new LedgerError('UNKNOWN_GROUP', {
    message: `the ledger has no group '${name.slice(0, 80)}'`,
    hint: 'list the groups with: completengine group',
    details: { group: name },
  });
}

/** A segment of an archive is opened by itself, and has no group under any name. @throws LedgerError UNKNOWN_GROUP */
export function checkHasGroups({ identity: { isSegment, path } }: Completengine): void {
  if (!isSegment) return;
  throw new LedgerError('UNKNOWN_GROUP', {
    message: `${path} is a segment of an archive, which has no groups`,
    hint: 'name the ledger that it belongs to',
    details: { path },
  });
}

/** `active members: a, b`, or `no active members`. */
export function liveMembersOf({ members }: GroupDescription): string[] {
  return members.filter(({ isAlive }) => isAlive).map(({ name }) => name);
}
