/** The interface of a peer: it takes the events, and reports how many it has. */

import type { EventMaker } from '../../src/cli/bench/events.ts';

/** Which work is timed. */
export type Feed =
  /** Only the server's: the requests are prepared before the clock starts. */
  | 'ready-made'
  /** Also the client's, starting from the lines. */
  | 'from-lines';

/** How a server receives the events; shown in its row. */
export const FEEDS: Readonly<Record<Feed, string>> = {
  'ready-made': 'ready-made requests',
  'from-lines': 'a client that reads the lines',
};

/** The input of all peers. */
export interface Workload {
  readonly events: number;
  /** Of one line, including its newline. */
  readonly lineBytes: number;
  readonly maker: EventMaker;
  /** The file of the lines. */
  readonly input: string;
  /** Directory for prepared requests, shared by all rounds. */
  readonly prepared: string;
}

export interface Attempt {
  readonly workload: Workload;
  /** A new empty directory of the peer, removed afterwards. */
  readonly directory: string;
  readonly signal: AbortSignal;
}

export interface Outcome {
  readonly ms: number;
  /** Number of events that the peer reports, queried after the time is taken. */
  readonly stored: number;
}

export interface Peer {
  readonly name: string;
  /** How to install it, shown if it is missing. */
  readonly needs: string;
  /** The guarantee at the moment the clock stops. */
  readonly promise: string;
  /** Null if it is not installed. */
  version(signal: AbortSignal): Promise<string | null>;
  /** Stores all events once. */
  run(attempt: Attempt): Promise<Outcome>;
}
