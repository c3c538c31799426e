/** Runs the commands of docs/RECIPES.md that fill a ledger, with the samples. What asks a system or a server, such as journalctl, is a script that prints the sample. */

import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { formatTime } from '../../src/core/model/time/time.ts';
import { storedEvents } from '../support/invariants.ts';
import { RECIPES_INTO } from '../support/recipes.ts';
import { runShell } from '../support/shell.ts';
import { tempDir } from '../support/temp-dir.ts';

const ROOT = join(import.meta.dirname, '../..');

interface Sample {
  readonly sample: string;
  /** The file in which the recipe reads it; null: a command prints it. */
  readonly file: string | null;
  /** Time of the first event; null: its arrival. */
  readonly first: string | null;
  readonly isCompressed?: boolean;
}

const SAMPLES: Readonly<Record<string, Sample>> = {
  journald: { sample: 'journald.jsonl', file: null, first: '2025-02-17T13:02:59.231625Z' },
  Suricata: { sample: 'suricata.jsonl', file: 'eve.json', first: '2018-01-31T07:49:59.123456Z' },
  Zeek: { sample: 'zeek.jsonl', file: 'conn.log', first: '2018-01-31T01:49:59.650000Z' },
  CloudTrail: {
    sample: 'cloudtrail.json',
    file: 'trail.json.gz',
    first: '2018-01-31T01:49:59.000000Z',
    isCompressed: true,
  },
  'GH Archive': {
    sample: 'gharchive.jsonl',
    file: '2018-01-31-1.json.gz',
    first: '2018-01-31T01:49:59.000000Z',
    isCompressed: true,
  },
  Docker: { sample: 'docker.jsonl', file: 'web-json.log', first: '2018-01-31T01:49:59.123456Z' },
  Kubernetes: { sample: 'kubernetes.log', file: 'pod.log', first: '2018-01-31T01:49:59.123456Z' },
  'Kubernetes, as text': { sample: 'kubernetes.log', file: null, first: null },
  OpenTelemetry: { sample: 'otlp.jsonl', file: 'otlp.jsonl', first: '2018-01-31T01:49:59.650000Z' },
  'OpenTelemetry, as it is': { sample: 'otlp.jsonl', file: 'otlp.jsonl', first: '2018-01-31T01:49:59.650000Z' },
  Debezium: { sample: 'debezium.jsonl', file: null, first: '2018-01-31T01:49:59.650000Z' },
  CloudEvents: { sample: 'cloudevents.jsonl', file: 'cloudevents.jsonl', first: '2018-01-31T01:49:59.000000Z' },
  Kafka: { sample: 'kcat.jsonl', file: null, first: '2018-01-31T01:49:59.650000Z' },
  CSV: { sample: 'orders.csv', file: 'orders.csv', first: '2018-01-31T00:49:59.000000Z' },
};
const PRINTERS = 'for each in journalctl kubectl kcat; do eval "$each() { cat \\"$SAMPLE\\"; }"; done\n';
const EVENTS: Readonly<Record<string, number>> = { 'OpenTelemetry, as it is': 1 };

test('each recipe has a sample', () => {
  expect(RECIPES_INTO.map(({ title }) => title)).toEqual(Object.keys(SAMPLES));
});

test.for(RECIPES_INTO)('$title', async ({ title, script }, { skip }) => {
  const { sample, file, first, isCompressed = false } = SAMPLES[title] as Sample;
  const [tool] =
    script
      .split('\n')
      .filter((line) => line !== '')
      .at(-1)
      ?.split(' ') ?? [];
  const isThere = tool === 'completengine' || spawnSync('sh', ['-c', `command -v ${tool}`]).status === 0;
  // a command that this system lacks, and that no script stands in for
  if (file !== null && !isThere) skip(`${tool} is not installed`);
  const directory = tempDir();
  const bytes = readFileSync(join(ROOT, 'fixtures/samples', sample));
  if (file !== null) writeFileSync(join(directory, file), isCompressed ? gzipSync(bytes) : bytes);
  const { code, stderr } = await runShell(`set -e -o pipefail\ncd "$DIRECTORY"\n${PRINTERS}${script}`, {
    DIRECTORY: directory,
    SAMPLE: join(ROOT, 'fixtures/samples', sample),
  });
  expect(code, stderr.toString()).toBe(0);
  const events = storedEvents(join(directory, 'events.codex'));
  expect(events).toHaveLength(EVENTS[title] ?? 2);
  if (first !== null) expect(formatTime(events[0]?.time as number)).toBe(first);
});
