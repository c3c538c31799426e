/** Tells of the lines of an input where each would go and why, or why it would not be taken. It commits nothing. */

import type { Clock } from '../model/clock.ts';
import type { PartitionId } from '../model/partition.ts';
import type { RouteCause, RouteRefusal, RouterFactory, RoutingInForce } from '../model/routing.ts';
import { StreamSource } from './byte-source.ts';
import { CHUNK_BYTES, type Chunk, ChunkReader } from './chunks.ts';
import type { InputSource } from './ingest.ts';
import { LineCursor, ROUTE_FAULTS } from './judge.ts';
import { describeLineFault, LineFault } from './line-fault.ts';
import { type PressParts, pressParts, ReferencePress } from './press.ts';
import { Scanner } from './scanner.ts';
import { type EmissionSettings, faultContext, scanLimits } from './settings.ts';

/** Where a line would go; `fault` where it would go nowhere. */
export type LineRoute =
  | { readonly partition: PartitionId; readonly cause: RouteCause; readonly key: string | null }
  | { readonly partition: null; readonly fault: string; readonly key: string | null };

export type ExplainedLine = LineRoute & {
  readonly source: string;
  /** 1-based, blank lines counted. */
  readonly line: number;
};

export class Explainer {
  readonly #settings: EmissionSettings;
  readonly #parts: PressParts;
  readonly #press: ReferencePress;

  constructor(makeRouter: RouterFactory, clock: Clock, settings: EmissionSettings, routing: RoutingInForce) {
    this.#settings = settings;
    this.#parts = pressParts(makeRouter, clock, settings, routing);
    this.#press = new ReferencePress(this.#parts, new Scanner(this.#parts.plan));
  }

  /** What a router's refusal of a key means for a line with that key. */
  refusal(refusal: RouteRefusal): string {
    return this.#describe(ROUTE_FAULTS[refusal]);
  }

  /** The lines of each chunk as they come, in order. */
  async *explain(sources: readonly InputSource[], signal?: AbortSignal): AsyncGenerator<readonly ExplainedLine[], void, undefined> {
    for (const source of sources) {
      const bytes = source.openDirectly?.() ?? new StreamSource(source.open());
      const reader = new ChunkReader(bytes, { chunkBytes: CHUNK_BYTES, lineBytesMax: scanLimits(this.#settings).lineBytesMax }, signal);
      let firstLine = 1;
      try {
        for (let chunk = await reader.next(); chunk !== null; chunk = await reader.next()) {
          const { lines, lineCount } = this.#explainChunk(chunk, source.name, firstLine);
          firstLine += lineCount;
          yield lines;
        }
      } finally {
        reader.close();
      }
    }
  }

  #explainChunk(chunk: Chunk, source: string, firstLine: number): { lines: ExplainedLine[]; lineCount: number } {
    const { lines, verdicts } = this.#press.read(chunk);
    const cursor = new LineCursor(chunk.bytes, lines);
    const explained: ExplainedLine[] = [];
    for (let row = 0; row < verdicts.count; row++) {
      cursor.line = row;
      const place = { source, line: firstLine + (lines.numbers[row] as number) };
      const fault = verdicts.faults[row] as LineFault;
      // of a line that is no JSON no field is sure
      if (lines.fault(row) !== LineFault.NONE) {
        explained.push({ ...place, partition: null, key: null, fault: this.#describe(fault) });
        continue;
      }
      const key = this.#parts.router.fields.length === 0 ? null : this.#parts.router.keyOf(cursor);
      if (fault !== LineFault.NONE) explained.push({ ...place, partition: null, key, fault: this.#describe(fault) });
      else explained.push({ ...place, partition: verdicts.partitions[row] as number, key, cause: this.#parts.router.causeOf(cursor) });
    }
    return { lines: explained, lineCount: lines.lineCount };
  }

  #describe(fault: LineFault): string {
    return describeLineFault(fault, faultContext(this.#settings, this.#parts.epoch.spec));
  }
}
