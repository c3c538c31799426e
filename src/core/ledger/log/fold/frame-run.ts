/**
 * Frames in messages of their own: a link counts only behind the very frames that it names, each by its partition and length. So one without them, which only
 * a stranger can append, is void like other rubbish, and none of its readers looks for bytes that are not there. Pure.
 */

import { frameTopicOf, type ProposedFrame, partitionOfFrame } from '../format/messages.ts';
import { MESSAGES_MAX } from '../format/places.ts';
import type { LogMessage } from '../ordered-log.ts';
import type { Genesis, LogState, WaitingFrame } from './log-state.ts';

/** No link names more. */
const WAITING_MAX = MESSAGES_MAX - 1;

/** The frame that a message is, for a link behind it; null if it is none. One with a header is its own link. */
export function frameIn(
  { topic, header, bodyBytes }: LogMessage,
  { layout }: Pick<Genesis, 'layout'>,
): WaitingFrame | null {
  const partition = layout === 'framed' && header === '' ? partitionOfFrame(topic) : null;
  return partition === null ? null : { partition, bytes: bodyBytes };
}

/** Whether these frames are the last messages. */
export function areLast(frames: readonly ProposedFrame[], { frames: waiting }: Pick<LogState, 'frames'>): boolean {
  const first = waiting.length - frames.length;
  return frames.every(({ partition, stored }, nth) => {
    const found = waiting[first + nth];
    return found !== undefined && found.partition === partition && found.bytes === stored.bytes;
  });
}

export function addFrame(frame: WaitingFrame, state: LogState): void {
  state.frames.push(frame);
  if (state.frames.length > WAITING_MAX) countUnlinked(state.frames.splice(0, 1), state);
}

/** After any other message: that number of the last frames is linked now, and no others can be any more. */
export function linkFrames(count: number, state: LogState): void {
  countUnlinked(state.frames.splice(0).slice(0, count === 0 ? undefined : -count), state);
}

function countUnlinked(frames: readonly WaitingFrame[], state: LogState): void {
  if (frames.length === 0) return;
  state.voids.set('unlinked', (state.voids.get('unlinked') ?? 0) + frames.length);
  for (const { partition, bytes } of frames) state.voidBytes += frameTopicOf(partition).length + bytes;
}
