/** Asks whether anything of a process group still runs. */

import { readdirSync, readFileSync } from 'node:fs';

/** One that has ended and was not waited for does not run. */
export function hasGroup(leader: number): boolean {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .some((pid) => {
      const [state, , group] = statOf(pid);
      return Number(group) === leader && state !== 'Z' && state !== 'X';
    });
}

/** State, parent, group; empty where it has just gone. */
function statOf(pid: string): string[] {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  } catch {
    return [];
  }
}
