/** What a peer is to the runner: something that can take the same events, and can be asked how many it has. */

import type { EventMaker } from '../../src/cli/bench/events.ts';

/** Whose work the time counts. */
export type Feed =
  /** The server's alone: the requests stand ready before the clock runs. */
  | 'ready-made'
  /** The client's too, from the lines on. */
  | 'from-lines';

/** How a server is fed, as its row says it. */
export const FEEDS: Readonly<Record<Feed, string>> = {
  'ready-made': 'ready-made requests',
  'from-lines': 'a client that reads the lines',
};

/** What all of them are given. */
export interface Workload {
  readonly events: number;
  /** Of one line, its newline included. */
  readonly lineBytes: number;
  readonly maker: EventMaker;
  /** The lines as a file. */
  readonly input: string;
  /** For what a peer prepares of the input, once for all rounds. */
  readonly prepared: string;
}

export interface Attempt {
  readonly workload: Workload;
  /** New, empty, the peer's own, and removed when it is done. */
  readonly directory: string;
  readonly signal: AbortSignal;
}

export interface Outcome {
  readonly ms: number;
  /** How many events the peer says it has now: asked after the time was taken. */
  readonly stored: number;
}

export interface Peer {
  readonly name: string;
  /** What it takes to be measured, for those who do not have it. */
  readonly needs: string;
  /** What holds at the moment the clock is stopped. */
  readonly promise: string;
  /** Null where it is not installed. */
  version(signal: AbortSignal): Promise<string | null>;
  /** Takes all of the events once. */
  run(attempt: Attempt): Promise<Outcome>;
}
