/**
 * The kernel's line check against the reference: partition and microseconds of keys and times of every kind, and of
 * near misses.
 */

import { expect, it } from 'vitest';
import { type ChunkEncoder, encoderParts, ReferenceEncoder } from '../../../src/core/emission/draft/chunk-encoder.ts';
import { kernelEncoder } from '../../../src/core/emission/draft/kernel-encoder.ts';
import { hashOf } from '../../../src/core/model/routing/routing-intents.ts';
import { parseFieldPath } from '../../../src/core/model/text/field-path.ts';
import { makeRouter } from '../../../src/core/router/router.ts';
import { LineFault } from '../../../src/core/scan/line-fault.ts';
import { Scanner } from '../../../src/core/scan/scanner.ts';
import { emissionSettings } from '../../support/emission-settings.ts';
import { nastyKey, nastyTime } from '../../support/nasty-fields.ts';
import { inForce } from '../../support/routed.ts';
import { seededForTest } from '../../support/seeded.ts';
import { fuzzLines, fuzzTimeoutMs } from '../../support/test-size.ts';

const LINES = fuzzLines();
const LINES_A_CHUNK = 2_000;
const NOW = Date.parse('2026-06-01T00:00:00Z') * 1000;

const SETTINGS = emissionSettings({ time: parseFieldPath('t') });

/** A prime count of partitions, so that hashes that differ hardly meet. */
function bothEncoders(): [ChunkEncoder, ChunkEncoder] {
  const basis = {
    floor: 0,
    sessions: null,
    ...inForce({ spec: hashOf('k'), partitionIds: Array.from({ length: 997 }, (_, id) => id) }),
  };
  const parts = () => encoderParts(makeRouter, { nowMicros: () => NOW }, SETTINGS, basis);
  const reference = parts();
  return [new ReferenceEncoder(reference, new Scanner(reference.plan)), kernelEncoder(parts())];
}

it(
  'sends every line to the same partition at the same microsecond, or refuses it for the same reason',
  () => {
    const random = seededForTest();
    const [reference, kernel] = bothEncoders();
    const faults = new Map<number, number>();
    const partitions = new Set<number>();
    for (let done = 0; done < LINES; done += LINES_A_CHUNK) {
      const lines = Array.from({ length: LINES_A_CHUNK }, () => `{"t":${nastyTime(random)},"k":${nastyKey(random)}}`);
      const bytes = Buffer.from(`${lines.join('\n')}\n`);
      const chunk = { bytes, start: 0, end: bytes.length, position: 0, nextPosition: bytes.length };
      const expected = reference.read(chunk).checked;
      const found = kernel.read(chunk).checked;
      expect(found.count).toBe(LINES_A_CHUNK);
      for (const [at, line] of lines.entries()) {
        const delivered = ({ faults, partitions, times }: typeof found) =>
          faults[at] === LineFault.NONE ? `partition ${partitions[at]} at ${times[at]}` : `fault ${faults[at]}`;
        if (delivered(found) !== delivered(expected)) expect(delivered(found), line).toBe(delivered(expected));
        const fault = expected.faults[at] as number;
        faults.set(fault, (faults.get(fault) ?? 0) + 1);
        if (fault === LineFault.NONE) partitions.add(expected.partitions[at] as number);
      }
    }
    expect(faults.get(LineFault.NONE)).toBeGreaterThan(LINES / 4);
    for (const fault of [
      LineFault.KEY_NOT_SCALAR,
      LineFault.TIME_NOT_READABLE,
      LineFault.TIME_NO_SUCH_DATE,
      LineFault.TIME_NO_ZONE,
      LineFault.TIME_OUT_OF_RANGE,
      LineFault.TIME_AHEAD,
    ]) {
      expect(faults.get(fault), `fault ${fault}`).toBeGreaterThan(LINES / 1000);
    }
    expect(partitions.size).toBeGreaterThan(900);
  },
  fuzzTimeoutMs(LINES),
);
