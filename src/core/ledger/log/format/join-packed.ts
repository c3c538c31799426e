/** Joins drafts that were packed one by one, as a transaction packs them. Pure. */

import { CLOSE, COMMA, OPEN, type PackedDrafts, packedOf } from './proposal.ts';

/** Drafts that were packed one by one, at least one, as one message. */
export function joinPacked(parts: readonly PackedDrafts[]): PackedDrafts {
  let before = 0;
  const moved = <Place extends { readonly at: number }>(place: Place): Place => ({ ...place, at: place.at + before });
  const commits = parts.flatMap((part) => {
    const own = part.commits.map((commit) => ({
      ...commit,
      frames: commit.frames.map(moved),
      marks: commit.marks && moved(commit.marks),
    }));
    // its brackets become the comma before it
    before += part.body.length - 1;
    return own;
  });
  const pieces = parts.flatMap(({ body }, nth) => [nth === 0 ? OPEN : COMMA, body.subarray(1, -1)]);
  return packedOf(commits, Buffer.concat([...pieces, CLOSE]));
}
