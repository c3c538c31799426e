/** Dry run of a replay: what it would deliver and how long that would take at its pace, without delivering anything. */

import type { EventStream, StreamReport } from '../output/event-stream.ts';
import type { Sink } from '../output/stream-sink.ts';
import { type Pace, readPace } from '../scheduler/pacing/pace.ts';
import type { ReplayOptions } from './replay.ts';

/** What a replay would deliver. */
export interface DryRunReport extends StreamReport {
  /** Duration at the requested speed; null if unthrottled. */
  readonly durationMs: number | null;
}

/** `replay`: starts the replay with the given options. @throws as a replay does */
export async function dryRun(
  options: ReplayOptions,
  replay: (options: ReplayOptions) => EventStream,
): Promise<DryRunReport> {
  const pace = readPace(options);
  const unpaced = {
    ...options,
    speed: undefined,
    rate: undefined,
    maxGap: undefined,
    playback: undefined,
    follow: false,
  };
  const report = await replay(unpaced).deliver(pace === null ? null : clockedBy(pace));
  return { ...report, durationMs: pace?.durationMs ?? null };
}

/** A sink that only computes when the events would be due. */
function clockedBy(pace: Pace): Sink {
  return {
    deliver: async (batches) => {
      for (const { times } of batches) pace.dues(times);
      return true;
    },
  };
}
