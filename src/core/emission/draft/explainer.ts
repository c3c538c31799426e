/** Explains for each line of an input which partition it would go to and why, or why it would be rejected. Commits nothing. */

import type { Basis } from '../../model/events/commit.ts';
import type { PartitionId } from '../../model/routing/partition.ts';
import type { RouteCause, RouteRefusal, Router, RouterFactory } from '../../model/routing/router.ts';
import { NO_SESSION, type Pin, type SessionNumber } from '../../model/routing/session-pins.ts';
import type { SessionRouter } from '../../model/routing/session-router.ts';
import type { Clock } from '../../model/time/clock.ts';
import { type Micros, NO_TIME } from '../../model/time/time.ts';
import { describeLineFault, LineFault } from '../../scan/line-fault.ts';
import type { RoutableLine } from '../../scan/scanned-field.ts';
import { Scanner } from '../../scan/scanner.ts';
import { CHUNK_BYTES, type Chunk } from '../input/chunk.ts';
import { ChunkReader } from '../input/chunk-reader.ts';
import type { InputSource } from '../input/input-source.ts';
import { openSource } from '../input/open-source.ts';
import { missingPaths, nearText } from './bad-line.ts';
import { type EncoderParts, encoderParts, ReferenceEncoder } from './chunk-encoder.ts';
import { placeSession } from './draft-builder.ts';
import { LineCursor, ROUTE_FAULTS } from './line-checker.ts';
import { type EmissionSettings, faultContext, scanLimits } from './settings.ts';

/** The partition a line would go to, or the `fault` for which it would be rejected. */
export type LineRoute =
  | { readonly partition: PartitionId; readonly cause: RouteCause; readonly key: string | null }
  | { readonly partition: null; readonly fault: string; readonly key: string | null };

export type ExplainedLine = LineRoute & {
  readonly source: string;
  /** 1-based, blank lines counted. */
  readonly line: number;
};

export interface ExplainerParts {
  readonly makeRouter: RouterFactory;
  readonly clock: Clock;
  readonly pinsOf: (sessions: readonly string[]) => Promise<readonly Pin[]>;
}

/** Sessions are placed as if all lines asked for were emitted now, in this order. */
export class Explainer {
  readonly #explaining: ExplainerParts;
  readonly #basis: Basis;
  /** Ledger time of the last line. */
  #time: Micros;
  readonly #settings: EmissionSettings;
  readonly #parts: EncoderParts;
  readonly #encoder: ReferenceEncoder;

  constructor(explaining: ExplainerParts, settings: EmissionSettings, basis: Basis) {
    this.#explaining = explaining;
    this.#settings = settings;
    this.#basis = basis;
    this.#time = basis.floor;
    this.#parts = encoderParts(explaining.makeRouter, explaining.clock, settings, basis);
    this.#parts.router.sessions?.begin(basis.sessions?.loads ?? []);
    this.#encoder = new ReferenceEncoder(this.#parts, new Scanner(this.#parts.plan));
  }

  /** The reason for which a line with this key is rejected. */
  refusal(refusal: RouteRefusal): string {
    return this.#describe(ROUTE_FAULTS[refusal]);
  }

  /** The partitions of lines that hold one key each. */
  async routes(router: Router, lines: readonly RoutableLine[]): Promise<(PartitionId | RouteRefusal)[]> {
    const { sessions } = router;
    if (sessions === null) return lines.map((line) => router.route(line));
    const numbers = lines.map((line) => sessions.sessionOf(line));
    await this.#ask(sessions);
    sessions.begin(this.#basis.sessions?.loads ?? []);
    return lines.map((line, at) =>
      numbers[at] === NO_SESSION
        ? router.route(line)
        : sessions.assign(numbers[at] as SessionNumber, this.#timeOf(NO_TIME)),
    );
  }

  /** Explains the lines chunk by chunk, in order. */
  async *explain(
    sources: readonly InputSource[],
    signal?: AbortSignal,
  ): AsyncGenerator<readonly ExplainedLine[], void, undefined> {
    for (const source of sources) {
      const bytes = openSource(source);
      const reader = new ChunkReader(
        bytes,
        { chunkBytes: CHUNK_BYTES, lineBytesMax: scanLimits(this.#settings).lineBytesMax },
        { signal },
      );
      let firstLine = 1;
      try {
        for (let chunk = await reader.next(); chunk !== null; chunk = await reader.next()) {
          const { lines, lineCount } = await this.#explainChunk(chunk, source.name, firstLine);
          firstLine += lineCount;
          yield lines;
        }
      } finally {
        reader.close();
      }
    }
  }

  async #ask(sessions: SessionRouter): Promise<void> {
    const unasked = sessions.takeUnasked();
    if (unasked.length > 0) sessions.learn(await this.#explaining.pinsOf(unasked));
  }

  #timeOf(own: Micros): Micros {
    this.#time = Math.max(this.#time, own === NO_TIME ? this.#explaining.clock.nowMicros() : own);
    return this.#time;
  }

  async #explainChunk(
    chunk: Chunk,
    source: string,
    firstLine: number,
  ): Promise<{ lines: ExplainedLine[]; lineCount: number }> {
    const { lines, checked } = this.#encoder.read(chunk);
    const { sessions } = this.#parts.router;
    if (sessions !== null) await this.#ask(sessions);
    const cursor = new LineCursor(chunk.bytes, lines);
    const explained: ExplainedLine[] = [];
    for (let row = 0; row < checked.count; row++) {
      cursor.line = row;
      const place = { source, line: firstLine + (lines.numbers[row] as number) };
      const fault = checked.faults[row] as LineFault;
      // no field of a line with invalid JSON is reliable
      if (lines.fault(row) !== LineFault.NONE) {
        explained.push({ ...place, partition: null, key: null, fault: this.#describe(fault) });
        continue;
      }
      const key = this.#parts.router.fields.length === 0 ? null : this.#parts.router.keyOf(cursor);
      if (fault !== LineFault.NONE) {
        const missing = missingPaths(fault, this.#settings, this.#parts.epoch.spec);
        const text = Buffer.from(chunk.bytes.subarray(lines.starts[row], lines.ends[row]));
        explained.push({ ...place, partition: null, key, fault: this.#describe(fault) + nearText(missing, text) });
        continue;
      }
      if (sessions !== null) placeSession(sessions, checked, row, this.#timeOf(checked.times[row] as Micros));
      explained.push({
        ...place,
        partition: checked.partitions[row] as number,
        key,
        cause: this.#parts.router.causeOf(cursor),
      });
    }
    return { lines: explained, lineCount: lines.lineCount };
  }

  #describe(fault: LineFault): string {
    return describeLineFault(fault, faultContext(this.#settings, this.#parts.epoch.spec));
  }
}
