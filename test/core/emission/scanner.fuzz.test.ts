/**
 * The reference scanner and the kernel's, against the platform's decoder and parser, on valid lines with some bytes
 * changed.
 */

import { expect, it } from 'vitest';
import { KernelScanner } from '../../../src/core/scan/kernel-scanner.ts';
import { hasKeyTwice, readStrictly, valueAt } from '../../support/json-oracle.ts';
import { MUTATED_PATHS, mutatedLine } from '../../support/mutated-lines.ts';
import { ChunkScan, expectSameRecords, type KindName, type ScannedRecord } from '../../support/scan.ts';
import { seededForTest } from '../../support/seeded.ts';
import { fuzzLines, fuzzTimeoutMs } from '../../support/test-size.ts';

const LINES = fuzzLines();
const LINES_A_CHUNK = 2_000;
const LINE_FEED = Buffer.from('\n');

const PATHS = MUTATED_PATHS.map((path) => path.split('.'));

function kindOf(value: unknown, written: string): KindName {
  if (value === undefined) return 'ABSENT';
  if (value === null) return 'NULL';
  if (Array.isArray(value)) return 'ARRAY';
  if (typeof value === 'string') return written.includes('\\') ? 'ESCAPED_STRING' : 'STRING';
  if (typeof value === 'number') return /[.eE]/.test(written) ? 'DECIMAL' : 'INTEGER';
  if (typeof value === 'boolean') return value ? 'TRUE' : 'FALSE';
  return 'OBJECT';
}

/** What the scanner says otherwise than the platform; null where they agree. */
function disagreement(record: ScannedRecord): string | null {
  const opinion = readStrictly(record.payload);
  if (opinion === null) return record.fault === 'NONE' ? 'it was accepted and is no JSON' : null;
  if (hasKeyTwice(opinion.text, PATHS))
    return record.fault === 'FIELD_TWICE' ? null : `a field stands twice and the fault is ${record.fault}`;
  if (record.fault !== 'NONE') return `it is JSON and the fault is ${record.fault} at ${record.faultAt}`;
  for (const [nth, path] of PATHS.entries()) {
    const { kind, value } = record.fields[nth] as ScannedRecord['fields'][number];
    const expected = valueAt(opinion.value, path);
    const written = value.toString();
    if (kind !== kindOf(expected, written)) return `${path.join('.')} is ${kind}`;
    if (kind !== 'ABSENT' && JSON.stringify(JSON.parse(written)) !== JSON.stringify(expected))
      return `${path.join('.')} is ${written}`;
  }
  return null;
}

it(
  'accept just what the platform accepts, find the same fields, and report the same for every mutated line',
  () => {
    const random = seededForTest();
    // deeper than any of these lines is long: how deep is too deep has its own test
    const limits = { depthMax: 65_536 };
    const reference = new ChunkScan(MUTATED_PATHS, limits);
    const kernel = new ChunkScan(MUTATED_PATHS, limits, (plan) => new KernelScanner(plan));
    const outcomes = { accepted: 0, rejected: 0, twice: 0, blank: 0, fields: 0 };
    for (let done = 0; done < LINES; done += LINES_A_CHUNK) {
      const lines = Array.from({ length: LINES_A_CHUNK }, () => mutatedLine(random));
      const chunk = Buffer.concat(lines.flatMap((line) => [line, LINE_FEED]));
      const records = reference.scan(chunk);
      expectSameRecords(kernel.scan(chunk), records);
      const recordOf = new Map(records.map((record) => [record.number, record]));
      for (const [number, line] of lines.entries()) {
        const record = recordOf.get(number);
        if (record === undefined) {
          outcomes.blank++;
          if (!/^[ \t\r]*$/.test(line.toString('latin1'))) expect.fail(`no record of ${describeLine(line)}`);
          continue;
        }
        const without = line.at(-1) === 0x0d ? line.subarray(0, -1) : line;
        if (!record.payload.equals(without)) expect.fail(`the bounds are wrong: ${describeLine(line)}`);
        const found = disagreement(record);
        if (found !== null) expect.fail(`${found}: ${describeLine(line)}`);
        if (record.fault === 'NONE') {
          outcomes.accepted++;
          outcomes.fields += record.fields.filter(({ kind }) => kind !== 'ABSENT').length;
        } else if (record.fault === 'FIELD_TWICE') outcomes.twice++;
        else outcomes.rejected++;
      }
    }
    expect(outcomes.accepted + outcomes.rejected + outcomes.twice + outcomes.blank).toBe(LINES);
    expect(outcomes.accepted).toBeGreaterThan(LINES / 10);
    expect(outcomes.rejected).toBeGreaterThan(LINES / 10);
    expect(outcomes.fields).toBeGreaterThan(LINES / 10);
    expect(outcomes.twice).toBeGreaterThan(LINES / 200);
    expect(outcomes.blank).toBeGreaterThan(0);
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
  },
  fuzzTimeoutMs(LINES),
);

function describeLine(line: Buffer): string {
  return `${JSON.stringify(line.toString('latin1'))} (as latin1)`;
}
