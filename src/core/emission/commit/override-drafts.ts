/** Keeps a draft factory for each of the last routing overrides: creating one reads the routing and builds a scanner. */

import { NO_OVERRIDE, type RoutingOverride } from '../../model/routing/router.ts';
import { DraftFactory, type DraftFactoryParts } from '../draft/draft-factory.ts';
import type { EmissionSettings } from '../draft/settings.ts';

/** Each may hold the memory of a kernel and of its sessions, some MiB if calls are large. */
const OVERRIDES_KEPT = 16;

export class OverrideDrafts {
  readonly #parts: DraftFactoryParts;
  readonly #settings: Omit<EmissionSettings, 'override'>;
  readonly #plain: DraftFactory;
  /** Factories by override, the last used at the end. */
  readonly #overrides = new Map<string, DraftFactory>();

  constructor(parts: DraftFactoryParts, settings: Omit<EmissionSettings, 'override'>) {
    this.#parts = parts;
    this.#settings = settings;
    this.#plain = new DraftFactory(parts, { ...settings, override: NO_OVERRIDE });
  }

  for(override: RoutingOverride): DraftFactory {
    if (override.key === null && override.to === null) return this.#plain;
    const name = JSON.stringify([override.key, override.to]);
    const drafts = this.#overrides.get(name) ?? new DraftFactory(this.#parts, { ...this.#settings, override });
    this.#overrides.delete(name);
    this.#overrides.set(name, drafts);
    const [oldest] = this.#overrides.keys();
    if (this.#overrides.size > OVERRIDES_KEPT && oldest !== undefined) this.#overrides.delete(oldest);
    return drafts;
  }
}
