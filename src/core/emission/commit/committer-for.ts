/** Decides how chunks are committed: one at a time, on a writing thread, or with several in flight, and from when on. No other place does. */

import { CHUNKS_KEPT, type Chunk, VOLUME_BYTES } from '../input/chunk.ts';
import { type CommitPath, DirectPath, ThreadedPath } from './commit-path.ts';
import { ChunkCommitter, type Committer, type CommitterParts } from './committer.ts';
import type { EmissionTarget } from './emission-target.ts';

/** The memory of a chunk must outlast its flight. */
const IN_FLIGHT_MAX = CHUNKS_KEPT - 2;

/** Commits of a caller that continues to emit; a few are done before the thread has started. */
const COMMITS_BEFORE_THREAD = 16;

export interface CommitterOptions extends CommitterParts {
  readonly target: EmissionTarget;
  /** Whether reports must have their events, which needs each chunk's answer before the next one is read. */
  readonly needsEvents: boolean;
  /** Whether a chunk too small for volume is waited for: after one that trickles in, no other may come to notice its failure. */
  readonly awaitsSmall: boolean;
}

export function committerFor(options: CommitterOptions): Committer {
  return new ChunkCommitter(options, pathFor(options));
}

function pathFor({ target, drafts, progress, needsEvents, awaitsSmall }: CommitterOptions): CommitPath {
  const { openPipeline } = target;
  if (openPipeline === null) return new DirectPath(target);
  // the caller of single events gets a thread, so that no commit holds its event loop; each commit is answered before the next
  if (drafts.settings.onBadLine === 'calls') {
    const isDue = (_: Chunk, chunks: number): boolean => chunks > COMMITS_BEFORE_THREAD;
    return new ThreadedPath(target, openPipeline, { inFlightMax: 1, isDue, isAwaited: () => true });
  }
  const mayOverlap = drafts.mayOverlap && progress?.mayOverlap !== false && !needsEvents;
  if (!mayOverlap) return new DirectPath(target);
  const isAwaited = (chunk: Chunk): boolean => awaitsSmall && !isVolume(chunk);
  return new ThreadedPath(target, openPipeline, { inFlightMax: IN_FLIGHT_MAX, isDue: isVolume, isAwaited });
}

function isVolume({ start, end }: Chunk): boolean {
  return end - start >= VOLUME_BYTES;
}
