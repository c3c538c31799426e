/** Draws states of the disk that a power cut could have left, each from one number, and writes them to a directory. */

import { linkSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Seeded } from '../../support/seeded.ts';
import { type DirectoryImage, type DiskImage, DiskModel, type FileImage } from './disk-model.ts';
import { type Acknowledged, acknowledgedBy, type Call } from './recording.ts';
import { MODES, type Mode, survivorsOf } from './survivors.ts';

/** Of a recording in which something waits for a sync at all, one draw in two meets such a moment. */
const DRAWS_MAX = 200;

export interface State {
  readonly seed: number;
  /** Number of calls before the power cut. */
  readonly cut: number;
  readonly mode: Mode;
  readonly image: DiskImage;
  readonly acknowledged: Acknowledged;
}

/** Numbers of calls: the power is cut after the first of them at the earliest, and after the last of them at the latest. */
export interface Window {
  readonly from: number;
  readonly through: number;
}

/** Everything is synced at each moment that was drawn, or it was not recorded. */
export class NothingToLose extends Error {}

/** @throws NothingToLose if nothing of the recording could be lost: then no state shows anything. */
export function drawState(calls: readonly Call[], seed: number, window = windowOf(calls)): State {
  const random = new Seeded(seed);
  const moments = momentsOf(calls, window);
  const mayLose = lossesOf(calls);
  for (let draw = 0; draw < DRAWS_MAX; draw++) {
    const cut = random.pick(random.pick(moments));
    const mode = random.pick(MODES);
    const survivors = survivorsOf(mode, random, cut);
    if (mayLose[cut] === false) continue;
    const image = DiskModel.after(calls, cut).cut(survivors);
    if (image.isReduced || mode === 'everything survives')
      return { seed, cut, mode, image, acknowledged: acknowledgedBy(calls, cut) };
  }
  throw new NothingToLose(
    `${DRAWS_MAX} power cuts took nothing away: everything is synced at each moment, or it was not recorded`,
  );
}

/** By recording: it is drawn from some hundred times, and every second draw is of a moment at which everything is synced. */
const known = new WeakMap<readonly Call[], readonly boolean[]>();

/** Whether something waits for a sync after the first N calls, by N. */
function lossesOf(calls: readonly Call[]): readonly boolean[] {
  const found = known.get(calls);
  if (found !== undefined) return found;
  const disk = new DiskModel();
  const losses = [disk.hasPending];
  for (const call of calls) {
    disk.apply(call);
    losses.push(disk.hasPending);
  }
  known.set(calls, losses);
  return losses;
}

/** All calls of the recording. */
function windowOf(calls: readonly Call[]): Window {
  return { from: calls.findIndex(({ kind }) => kind === 'start') + 1, through: calls.length - 1 };
}

/** After each call; only after acknowledgements; only before syncs, when most is at stake. */
function momentsOf(calls: readonly Call[], { from, through }: Window): number[][] {
  const all = Array.from({ length: through - from + 1 }, (_, at) => from + at + 1);
  const acknowledged = all.filter((cut) => ['output', 'end'].includes(calls[cut - 1]?.kind ?? ''));
  const unsynced = all.filter((cut) => calls[cut]?.kind.startsWith('sync') === true);
  return [all, acknowledged, unsynced].filter(({ length }) => length > 0);
}

/** Writes what a power cut has left into an empty directory. Names of one file become hard links of each other. */
export function writeImage(image: DirectoryImage, directory: string): void {
  const written = new Map<FileImage, string>();
  const write = (tree: DirectoryImage, place: string): void => {
    for (const [name, node] of tree) {
      const path = join(place, name);
      if (node instanceof Map) {
        mkdirSync(path, { mode: 0o700 });
        write(node as DirectoryImage, path);
        continue;
      }
      const file = node as FileImage;
      const first = written.get(file);
      if (first !== undefined) linkSync(first, path);
      else writeFileSync(path, file.content, { mode: 0o600 });
      written.set(file, path);
    }
  };
  write(image, directory);
}
