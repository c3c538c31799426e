/** An emitter for each of the things that are given to calls: making one reads the routing and builds a scanner, so those used last are kept. */

import type { Basis } from '../../model/events/commit.ts';
import { NO_OVERRIDE, type RoutingOverride } from '../../model/routing/router.ts';
import type { EmissionSettings } from '../draft/settings.ts';
import type { Chunk } from '../input/chunk.ts';
import type { ChunkReport } from './chunk-report.ts';
import { Emitter, type EmitterParts } from './emitter.ts';

/** Each may hold the memory of a kernel and of its sessions, some MiB where calls are large. */
const EMITTERS_KEPT = 16;

export class OverrideEmitters {
  readonly #parts: EmitterParts;
  readonly #settings: EmissionSettings;
  /** By what is given, the one used last at the end. */
  readonly #emitters = new Map<string, Emitter>();
  /** Where the last commit of any of them has left the ledger: built on an older one, a draft would meet a conflict each time the given changes. */
  #basis: Basis | undefined;

  constructor(parts: EmitterParts, settings: Omit<EmissionSettings, 'given'>) {
    this.#parts = parts;
    this.#settings = { ...settings, given: NO_OVERRIDE };
  }

  /** As {@link Emitter.emit}. */
  async emit(given: RoutingOverride, chunk: Chunk, callOfRow: Uint32Array): Promise<ChunkReport> {
    const emitter = this.#of(given);
    if (this.#basis !== undefined) emitter.learn(this.#basis);
    const report = await emitter.emit(chunk, { callOfRow });
    if (report.events !== null) this.#basis = await emitter.basis();
    return report;
  }

  #of(given: RoutingOverride): Emitter {
    const name = JSON.stringify([given.key, given.to]);
    const emitter = this.#emitters.get(name) ?? new Emitter(this.#parts, { ...this.#settings, given });
    this.#emitters.delete(name);
    this.#emitters.set(name, emitter);
    const [oldest] = this.#emitters.keys();
    if (this.#emitters.size > EMITTERS_KEPT && oldest !== undefined) this.#emitters.delete(oldest);
    return emitter;
  }
}
