/**
 * Joins ledger, router, emission and replay to explain, preview and change where events go. Contains no logic of a
 * part.
 */

import { Explainer, type LineRoute } from '../emission/draft/explainer.ts';
import type { EmissionSettings } from '../emission/draft/settings.ts';
import type { InputSource } from '../emission/input/input-source.ts';
import type { EventFormat } from '../formats/event-format.ts';
import type { Ledger, RoutingChange } from '../ledger/ledger.ts';
import { rejectAborted } from '../model/aborted.ts';
import { DEPTH_MAX } from '../model/config.ts';
import type { Basis } from '../model/events/commit.ts';
import { EVERYTHING } from '../model/events/range.ts';
import { inOption, invalidArgument } from '../model/ledger-error.ts';
import { texts } from '../model/options/option-kinds.ts';
import { readArgument, readOptions } from '../model/options/options.ts';
import {
  type KeyPlacement,
  type Plan,
  planAdd,
  planPlace,
  planReroute,
  routingAfter,
} from '../model/routing/epoch-plan.ts';
import { formatKey, type KeyInput, keyParts } from '../model/routing/key-text.ts';
import type { PartitionId } from '../model/routing/partition.ts';
import type { RouteRefusal } from '../model/routing/router.ts';
import type { RoutingInForce, RoutingSpec } from '../model/routing/routing.ts';
import { toRoutingSpec } from '../model/routing/routing-text.ts';
import { causeRule, partitionRule } from '../model/routing/rule-text.ts';
import type { Clock } from '../model/time/clock.ts';
import { type Route, rerouted } from '../replay/rerouted.ts';
import { lineOfKey } from '../router/key-line.ts';
import { makeRouter } from '../router/router.ts';
import { FieldReader } from '../scan/field-reader.ts';
import type { RoutableLine } from '../scan/scanned-field.ts';
import { EXPLAIN_LINES, KEYS, PLACEMENTS, PREVIEW, PREVIEWED, REROUTE, ROUTING, SOURCES } from './call-options.ts';
import type {
  ExplainLinesOptions,
  Explanation,
  LineExplanation,
  PartitionDescription,
  PreviewedEvents,
  PreviewOptions,
  RerouteOptions,
  ReroutePreview,
  WantedPlacement,
} from './partitioning-types.ts';

export class Partitioning {
  readonly #ledger: Ledger;
  readonly #clock: Clock;
  readonly #settings: (format: EventFormat | undefined) => EmissionSettings;
  readonly #onBegun: () => void;

  /**
   * @internal `onBegun`: called after an epoch has begun; members of groups in this process may find new partitions.
   */
  constructor(
    ledger: Ledger,
    clock: Clock,
    settings: (format: EventFormat | undefined) => EmissionSettings,
    onBegun: () => void,
  ) {
    this.#ledger = ledger;
    this.#clock = clock;
    this.#settings = settings;
    this.#onBegun = onBegun;
  }

  /** The routing in force, which sends the next event. */
  async inForce(): Promise<RoutingInForce> {
    const { epoch, partitionNames, placements } = await this.#ledger.basis();
    return { epoch, partitionNames, placements };
  }

  /** The partitions by id, with their contents and how they are reached. */
  async list(): Promise<{ readonly routing: RoutingInForce; readonly partitions: readonly PartitionDescription[] }> {
    const routing = await this.inForce();
    const summaries = await this.#ledger.summarize();
    const partitions = summaries.map((summary) => ({
      ...summary,
      rule: partitionRule(routing, summary.id),
      isKeyed: routing.epoch.partitionIds.includes(summary.id),
    }));
    return { routing, partitions };
  }

  /**
   * Where events with these keys would go. A composite's key is a list of its parts, or `a+b`. Writes nothing.
   * @throws LedgerError INVALID_ARGUMENT
   */
  async explain(keys: readonly KeyInput[]): Promise<Explanation[]> {
    readArgument('explain()', 'keys', keys, KEYS);
    const routing = await this.#ledger.basis();
    const { spec } = routing.epoch;
    const router = makeRouter(routing);
    const explainer = this.#explainer(routing, undefined);
    const lines = inOption('keys', () => keys.map((input) => lineOfKey(spec, keyParts(spec, input))));
    const routes = await explainer.routes(router, lines);
    return keys.map((input, at) => {
      const parts = keyParts(spec, input);
      const line = lines[at] as RoutableLine;
      const route = routes[at] as PartitionId | RouteRefusal;
      const key = formatKey(parts);
      if (typeof route === 'number') return explained(routing, { partition: route, key, cause: router.causeOf(line) });
      return explained(routing, { partition: null, key, fault: explainer.refusal(route) });
    });
  }

  /** Where the events of an input would go, line by line, as its chunks arrive. Writes nothing. */
  async *explainLines(
    sources: readonly InputSource[],
    options?: ExplainLinesOptions,
  ): AsyncGenerator<readonly LineExplanation[], void, undefined> {
    const { format, signal } = readOptions('explainLines()', options, EXPLAIN_LINES);
    readArgument('explainLines()', 'sources', sources, SOURCES);
    const routing = await this.#ledger.basis();
    for await (const lines of this.#explainer(routing, format).explain(sources, signal)) {
      yield lines.map((line) => ({ source: line.source, line: line.line, ...explained(routing, line) }));
    }
  }

  /**
   * Adds partitions that receive keys like the others, from the next commit on.
   * @throws LedgerError INVALID_ARGUMENT for a range
   */
  async add(names: readonly string[]): Promise<RoutingChange> {
    return this.#begin(additionOf('add()', names));
  }

  /**
   * Places keys in these partitions from the next commit on, whatever the rule decides.
   * @throws LedgerError INVALID_ARGUMENT, UNKNOWN_PARTITION
   */
  async place(placements: readonly WantedPlacement[]): Promise<RoutingChange> {
    return this.#begin(placingOf('place()', placements));
  }

  /**
   * Replaces the routing from the next commit on. Stored events stay where they are.
   * @throws LedgerError INVALID_ARGUMENT
   */
  async reroute(routing: RoutingSpec | string, options?: RerouteOptions): Promise<RoutingChange> {
    const { partitions } = readOptions('reroute()', options, REROUTE);
    return this.#begin(planReroute(routingOf('reroute()', routing), partitions));
  }

  /**
   * What {@link reroute} would change for the last `sample` events, or for all of history that was not dropped. Writes nothing.
   * @throws LedgerError INVALID_ARGUMENT
   */
  async previewReroute(routing: RoutingSpec | string, options?: PreviewOptions): Promise<ReroutePreview> {
    const { partitions, ...events } = readOptions('previewReroute()', options, PREVIEW);
    return this.#preview(planReroute(routingOf('previewReroute()', routing), partitions), events);
  }

  /** What {@link add} would change, as {@link previewReroute} says it. @throws LedgerError INVALID_ARGUMENT */
  async previewAdd(names: readonly string[], options?: PreviewedEvents): Promise<ReroutePreview> {
    return this.#preview(additionOf('previewAdd()', names), readOptions('previewAdd()', options, PREVIEWED));
  }

  /** What {@link place} would change, as {@link previewReroute} says it. @throws LedgerError INVALID_ARGUMENT, UNKNOWN_PARTITION */
  async previewPlace(placements: readonly WantedPlacement[], options?: PreviewedEvents): Promise<ReroutePreview> {
    return this.#preview(placingOf('previewPlace()', placements), readOptions('previewPlace()', options, PREVIEWED));
  }

  #preview(plan: Plan, { sample, signal }: PreviewedEvents): Promise<ReroutePreview> {
    return rejectAborted(signal, () => this.#routedTwice(plan, sample, signal));
  }

  async #routedTwice(plan: Plan, sample: number | undefined, signal: AbortSignal | undefined): Promise<ReroutePreview> {
    const before = await this.inForce();
    const head = await this.#ledger.head();
    const epoch = plan(before);
    const after = epoch === null ? before : routingAfter(before, epoch, head.sequence + 1);
    const first = await this.#ledger.firstSequence();
    const from = sample === undefined ? first : Math.max(first, head.sequence - checkSample(sample) + 1);
    for (const each of [before, after]) checkForetellable(each);
    const range = { ...EVERYTHING, from, through: head.sequence };
    const routes = { before: routeOf(before), after: routeOf(after), partitionCount: after.partitionNames.length };
    return { ...(await rerouted(this.#ledger, range, routes, signal)), routing: { before, after } };
  }

  async #begin(plan: Plan): Promise<RoutingChange> {
    const change = await this.#ledger.beginEpoch(plan);
    this.#onBegun();
    return change;
  }

  #explainer(basis: Basis, format: EventFormat | undefined): Explainer {
    const parts = {
      makeRouter,
      clock: this.#clock,
      pinsOf: (sessions: readonly string[]) => this.#ledger.pinsOf(sessions),
    };
    return new Explainer(parts, this.#settings(format), basis);
  }
}

function explained(routing: RoutingInForce, route: LineRoute): Explanation {
  const { epoch } = routing.epoch;
  const { key } = route;
  if (route.partition === null) return { partition: null, key, cause: null, rule: route.fault, epoch };
  const { partition, cause } = route;
  return {
    partition: routing.partitionNames[partition] as string,
    key,
    cause,
    rule: causeRule(routing, partition, cause),
    epoch,
  };
}

function routeOf(routing: RoutingInForce): Route {
  const router = makeRouter(routing);
  const fields = new FieldReader(router.fields, DEPTH_MAX);
  const hasKey = router.fields.length > 0;
  return (payload) => {
    const line = fields.read(payload);
    const route = router.route(line);
    return { partition: typeof route === 'number' ? route : null, key: hasKey ? router.keyOf(line) : null };
  };
}

/** @throws LedgerError INVALID_ARGUMENT */
function additionOf(call: string, names: readonly string[]): Plan {
  const plan = planAdd(readArgument(call, 'names', names, texts));
  return (routing) => inOption('names', () => plan(routing));
}

/** @throws LedgerError INVALID_ARGUMENT */
function placingOf(call: string, placements: readonly WantedPlacement[]): Plan {
  const wanted = readArgument(call, 'placements', placements, PLACEMENTS);
  return (routing) =>
    inOption('placements', () => {
      const { spec } = routing.epoch;
      return planPlace(
        wanted.map(({ key, partition }): KeyPlacement => ({ key: formatKey(keyParts(spec, key)), partition })),
      )(routing);
    });
}

/** @throws LedgerError INVALID_ARGUMENT */
function routingOf(call: string, routing: RoutingSpec | string): RoutingSpec {
  return inOption('routing', () => toRoutingSpec(readArgument(call, 'routing', routing, ROUTING)));
}

/** @throws LedgerError INVALID_ARGUMENT */
function checkForetellable({ epoch: { spec } }: RoutingInForce): void {
  if (spec.rule !== 'sticky') return;
  throw invalidArgument(
    'the partition of a sticky session depends on earlier events and cannot be predicted',
    'change it without a preview, or explain single keys: completengine partition explain KEY',
  );
}

function checkSample(count: number): number {
  if (Number.isSafeInteger(count) && count > 0) return count;
  throw invalidArgument(
    `a sample of ${count} events is not possible`,
    'leave it out for all of history, or use 1 or more',
    'sample',
  );
}
