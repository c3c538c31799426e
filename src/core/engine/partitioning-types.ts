/** What {@link Partitioning} takes and returns. */

import type { EventFormat } from '../formats/event-format.ts';
import type { PartitionSummary, RoutingChange } from '../ledger/ledger.ts';
import type { KeyInput } from '../model/routing/key-text.ts';
import type { RouteCause } from '../model/routing/router.ts';
import type { ReroutedReport } from '../replay/rerouted.ts';

/** A key, and the partition to place it in. */
export interface WantedPlacement {
  readonly key: KeyInput;
  readonly partition: string;
}

export interface RerouteOptions {
  /**
   * Number of partitions that receive keys, or their names, which may be new. Default: the current ones; for a range as
   * many as its bounds make.
   */
  readonly partitions?: number | readonly string[] | undefined;
}

/** How one partition is reached now, and its contents. */
export interface PartitionDescription extends PartitionSummary {
  /** How keys reach it, such as `hash 3 of 8` or `100 <= amount < 1000`. */
  readonly rule: string;
  /** Whether the routing in force sends keys there by its rule. */
  readonly isKeyed: boolean;
}

/** Where an event or a key would go in the current epoch, and by which rule; or why it is a bad line. */
export interface Explanation {
  /** Null: it would be a bad line. */
  readonly partition: string | null;
  readonly key: string | null;
  readonly cause: RouteCause | null;
  /** How the partition was chosen, or why there is none. */
  readonly rule: string;
  readonly epoch: number;
}

export interface LineExplanation extends Explanation {
  readonly source: string;
  /** 1-based, blank lines counted. */
  readonly line: number;
}

export interface ReroutePreview extends ReroutedReport {
  readonly routing: RoutingChange;
}

export interface ExplainLinesOptions {
  /** Format of the lines, as for `emit`. */
  readonly format?: EventFormat | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Which events a preview routes. */
export interface PreviewedEvents {
  /** Only the last N events. Default: all of history. */
  readonly sample?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface PreviewOptions extends RerouteOptions, PreviewedEvents {}
