/** Checks whether any process of a group still runs. */

import { readdirSync, readFileSync } from 'node:fs';

/** A zombie does not count as running. */
export function hasGroup(leader: number): boolean {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .some((pid) => {
      const [state, , group] = statOf(pid);
      return Number(group) === leader && state !== 'Z' && state !== 'X';
    });
}

/** State, parent, group; empty if it has just ended. */
function statOf(pid: string): string[] {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  } catch {
    return [];
  }
}
