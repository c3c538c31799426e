/** A replay that tells nobody: what it would tell, and how long that would take at its pace. */

import type { EventStream, StreamReport } from '../output/event-stream.ts';
import type { Sink } from '../output/stream-sink.ts';
import { type Pace, readPace } from '../scheduler/pacing/pace.ts';
import type { ReplayOptions } from './replay.ts';

/** What a replay would tell. */
export interface DryRunReport extends StreamReport {
  /** How long it would take at its speed; null where it would go as fast as it can. */
  readonly durationMs: number | null;
}

/** `tell`: the replay with these options. @throws as a replay does. */
export async function dryRun(
  options: ReplayOptions,
  tell: (options: ReplayOptions) => EventStream,
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
  const report = await tell(unpaced).deliver(pace === null ? null : clockedBy(pace));
  return { ...report, durationMs: pace?.durationMs ?? null };
}

/** A sink that asks when everything would be due. */
function clockedBy(pace: Pace): Sink {
  return {
    deliver: async (batches) => {
      for (const { times } of batches) pace.dues(times);
      return true;
    },
  };
}
