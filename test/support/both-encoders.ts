/** The kernel's encoder and the reference's, for the same emission, and whole drafts of theirs. */

import { type ChunkEncoder, encoderParts, ReferenceEncoder } from '../../src/core/emission/draft/chunk-encoder.ts';
import { kernelEncoder } from '../../src/core/emission/draft/kernel-encoder.ts';
import type { EmissionSettings } from '../../src/core/emission/draft/settings.ts';
import type { SharedBuffer } from '../../src/core/emission/input/buffer-pool.ts';
import type { Chunk } from '../../src/core/emission/input/chunk.ts';
import type { Basis } from '../../src/core/model/events/commit.ts';
import { parseRoutingSpec } from '../../src/core/model/routing/routing-text.ts';
import { makeRouter } from '../../src/core/router/router.ts';
import { Scanner } from '../../src/core/scan/scanner.ts';
import { emissionSettings } from './emission-settings.ts';
import { inForce } from './routed.ts';

const CLOCK = { nowMicros: () => Date.parse('2026-06-01T00:00:00Z') * 1000 };
const NOW = 1_790_000_000_000_000;

/** The reference first. */
export function bothEncoders(
  settings: Partial<EmissionSettings>,
  routing: string,
  partitionIds: readonly number[],
): [ChunkEncoder, ChunkEncoder] {
  const whole = emissionSettings(settings);
  const parts = () => encoderParts(makeRouter, CLOCK, whole, basisOf(routing, 0, partitionIds));
  const reference = parts();
  return [new ReferenceEncoder(reference, new Scanner(reference.plan)), kernelEncoder(parts())];
}

function chunkOf(bytes: Buffer): Chunk {
  return { bytes, start: 0, end: bytes.length, position: 0, nextPosition: bytes.length };
}

function chunkIn(shared: SharedBuffer, lines: Buffer): Chunk {
  const start = lines.length % 7;
  lines.copy(shared.input.fill('"', 0, start), start);
  return { ...chunkOf(shared.input), start, end: start + lines.length, shared };
}

/** Some partitions take keys, and the last one the events without. */
function basisOf(routing: string, floor: number, partitionIds: readonly number[]): Basis {
  const partitionNames = [...Array.from({ length: Math.max(...partitionIds) + 1 }, (_, id) => `p${id}`), 'rest'];
  const loads = partitionNames.map((_, id) => (partitionIds.includes(id) ? (id * 37) % 11 : Number.POSITIVE_INFINITY));
  return {
    floor,
    ...inForce({ spec: parseRoutingSpec(routing), partitionIds, partitionNames }),
    sessions: { loads, hasPins: true, head: 0 },
  };
}

/**
 * The draft of these lines on a ledger whose last event is at `floor`, and all that is reported with it, for a comparison. `shared`: the buffer in which the
 * lines are, behind some other bytes.
 */
export function draftOf(
  encoder: ChunkEncoder,
  bytes: Buffer,
  { routing, floor, partitionIds }: { routing: string; floor: number; partitionIds: readonly number[] },
  shared?: SharedBuffer,
) {
  const chunk = shared === undefined ? chunkOf(bytes) : chunkIn(shared, bytes);
  const read = encoder.read(chunk);
  const skipped = {
    done: new Uint8Array(read.checked.count),
    faults: new Uint8Array(read.checked.count),
    conflicts: new Map(),
    hasFaults: false,
    callOfRow: null,
  };
  const made = encoder.build(chunk, read, skipped, basisOf(routing, floor, partitionIds), NOW);
  const { draft, lines, times, bytes: payloadBytes, late, badLines, stoppedAt } = made;
  const frames = draft.frames.map(({ body, ...frame }) => ({ ...frame, body: body.toString() }));
  // an empty draft is never offered, and what stands in it means nothing
  return {
    draft: draft.count === 0 ? null : { ...draft, frames },
    lines: [...lines()],
    times: [...times],
    payloadBytes,
    late,
    badLines,
    stoppedAt,
  };
}
