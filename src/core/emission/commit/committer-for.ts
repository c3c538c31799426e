/** Decides how chunks are committed: directly, through a writing thread, or with several in flight, and when this changes. The only place that does. */

import { type Chunk, chunkBytesFor, chunksKeptFor, isVolume } from '../input/chunk.ts';
import { type CommitPath, DirectPath, ThreadedPath } from './commit-path.ts';
import { ChunkCommitter, type Committer, type CommitterParts } from './committer.ts';
import type { EmissionTarget } from './emission-target.ts';

/** A chunk's memory must not be reused while it is in flight: these are being filled, and sent. */
const NOT_IN_FLIGHT = 2;

/**
 * A caller with more commits continues to emit, so a thread is worth its start; some more are committed before it is ready. Commits that wait for other
 * processes do not count: they block no event loop meanwhile, and 24 emitters that started a thread each took both cores for a second.
 */
const COMMITS_BEFORE_THREAD = 16;

export interface CommitterOptions extends CommitterParts {
  readonly target: EmissionTarget;
  /** Whether reports must have events: these are available only if each chunk is committed before the next one is read. */
  readonly needsEvents: boolean;
  /** Whether the sender waits for a small chunk: there may be no later chunk to reveal its failure. */
  readonly awaitsSmall: boolean;
}

export function committerFor(options: CommitterOptions): Committer {
  return new ChunkCommitter(options, pathFor(options));
}

function pathFor({ target, drafts, progress, needsEvents, awaitsSmall }: CommitterOptions): CommitPath {
  const { openPipeline } = target;
  if (openPipeline === null) return new DirectPath(target);
  // a thread keeps commits from blocking the caller's event loop; each is answered before the next one is built
  if (drafts.settings.onBadLine === 'calls') {
    const isDue = (_: Chunk, chunks: number): boolean => chunks > COMMITS_BEFORE_THREAD;
    return new ThreadedPath(target, openPipeline, { inFlightMax: 1, isDue, isAwaited: () => true });
  }
  const mayOverlap = drafts.mayOverlap && progress?.mayOverlap !== false && !needsEvents;
  if (!mayOverlap) return new DirectPath(target);
  const isDue = (chunk: Chunk): boolean => isVolume(chunk, target.commitBytesMax);
  const isAwaited = (chunk: Chunk): boolean => awaitsSmall && !isDue(chunk);
  const inFlightMax = chunksKeptFor(chunkBytesFor(target.commitBytesMax)) - NOT_IN_FLIGHT;
  return new ThreadedPath(target, openPipeline, { inFlightMax, isDue, isAwaited });
}
