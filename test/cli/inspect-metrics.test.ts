/** inspect --metrics, read by parsers of others: one of Prometheus' text format, and the strict one of OpenMetrics in Python where it is installed. */

import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import parsePrometheus from 'parse-prometheus-text-format';
import { describe, expect, test } from 'vitest';
import { openMetricsText } from '../../src/views/open-metrics.ts';
import { runCli } from '../support/cli.ts';
import { earthquakeLedger, expectFailure, newLedger, succeed } from '../support/ledger-cli.ts';
import { tempDir } from '../support/temp-dir.ts';

const STRICT = `
import json, sys
from prometheus_client.openmetrics.parser import text_string_to_metric_families as parse
families = [[f.name, f.type, f.unit, [[s.name, s.labels, s.value] for s in f.samples]] for f in parse(sys.stdin.read())]
print(json.dumps(families))`;

type Family = [
  name: string,
  type: string,
  unit: string,
  samples: [name: string, labels: Record<string, string>, value: number][],
];

/** Debian's package is for its own Python, which need not be the first one. */
const PYTHON = ['python3', '/usr/bin/python3'].find(
  (python) => spawnSync(python, ['-c', 'import prometheus_client.openmetrics.parser']).status === 0,
);

function strictly(text: Buffer | string): Family[] {
  const { status, stdout, stderr } = spawnSync(PYTHON ?? '', ['-c', STRICT], { input: text });
  expect(status, stderr.toString()).toBe(0);
  return JSON.parse(stdout.toString()) as Family[];
}

interface Overview {
  readonly commits: number;
  readonly events: number;
  readonly storage: { readonly bytes: number };
  readonly partitions: readonly { readonly name: string; readonly events: number; readonly bytes: number }[];
  readonly groups: readonly { readonly name: string; readonly lag: number; readonly parked: number }[];
}

async function ledgerWithGroups(): Promise<{ ledger: string; overview: Overview; metrics: Buffer }> {
  const ledger = await earthquakeLedger();
  await succeed(['tail', '-l', ledger, '--group', 'all', '--from', 'start', '-e']);
  await succeed(['tail', '-l', ledger, '--group', 'some', '--from', 'start', '-c', '7']);
  await runCli([
    'tail',
    'p1',
    '-l',
    ledger,
    '--group',
    'bad',
    '--from',
    'start',
    '-c',
    '2',
    '--exec',
    'false',
    '--max-deliver',
    '1',
  ]);
  const overview = JSON.parse((await succeed(['inspect', '-l', ledger, '--json'])).stdout.toString()) as Overview;
  return { ledger, overview, metrics: (await succeed(['inspect', '-l', ledger, '--metrics'])).stdout };
}

describe('the metrics of a ledger with groups', () => {
  test('have the figures of inspect --json', async () => {
    const { ledger, overview, metrics } = await ledgerWithGroups();
    const families = parsePrometheus(metrics.toString());
    const figure = (name: string, labels: Record<string, string> = {}) => {
      const samples = families.find((family) => family.name === name)?.metrics ?? [];
      const wanted = { ledger, ...labels };
      return Number(samples.find((sample) => sameLabels(sample.labels ?? {}, wanted))?.value);
    };
    expect(figure('completengine_head_sequence')).toBe(overview.events);
    expect(figure('completengine_commits_total')).toBe(overview.commits);
    expect(figure('completengine_storage_bytes')).toBe(overview.storage.bytes);
    for (const { name, events, bytes } of overview.partitions) {
      expect(figure('completengine_partition_events_total', { partition: name })).toBe(events);
      expect(figure('completengine_partition_bytes', { partition: name })).toBe(bytes);
    }
    expect(overview.groups.map(({ name, parked }) => [name, parked])).toEqual([
      ['all', 0],
      ['bad', 2],
      ['some', 0],
    ]);
    for (const { name, lag, parked } of overview.groups) {
      expect(figure('completengine_group_lag', { group: name })).toBe(lag);
      expect(figure('completengine_group_parked', { group: name })).toBe(parked);
      expect(figure('completengine_group_members', { group: name })).toBe(0);
      expect(figure('completengine_group_oldest_age_seconds', { group: name }) > 0).toBe(lag > 0);
    }
  });

  test.runIf(PYTHON !== undefined)('are valid to the strict parser, with a type and a unit each', async () => {
    const { overview, metrics } = await ledgerWithGroups();
    const families = strictly(metrics);
    const typed = new Map(families.map(([name, type, unit]) => [name, [type, unit]]));
    expect(typed.get('completengine_partition_events')).toEqual(['counter', '']);
    expect(typed.get('completengine_wal_bytes')).toEqual(['gauge', 'bytes']);
    expect(typed.get('completengine_group_oldest_age_seconds')).toEqual(['gauge', 'seconds']);
    const events = families.find(([name]) => name === 'completengine_partition_events')?.[3] ?? [];
    expect(events.reduce((sum, [, , value]) => sum + value, 0)).toBe(overview.events);
  });
});

function sameLabels(one: Record<string, string>, other: Record<string, string>): boolean {
  return JSON.stringify(Object.entries(one).sort()) === JSON.stringify(Object.entries(other).sort());
}

test('an empty ledger has metrics, and what it does not have is left out', async () => {
  const { stdout } = await succeed(['inspect', '-l', await newLedger(), '--metrics']);
  const text = stdout.toString();
  expect(text).toMatch(/\n# EOF\n$/);
  expect(text).toContain('completengine_head_sequence{');
  expect(text).not.toContain('timestamp');
  if (PYTHON !== undefined) strictly(stdout);
});

test('hostile labels are escaped', () => {
  const labels = { ledger: '/a"b\\c\nd\\n{}=,\u001b' };
  const text = openMetricsText([{ name: 'x', type: 'gauge', help: 'a\nb\\', samples: [{ labels, value: 1 }] }]);
  expect(text.split('\n')).toHaveLength(5);
  if (PYTHON !== undefined) expect(strictly(text)[0]?.[3]).toEqual([['x', labels, 1]]);
});

test('nothing is printed of a ledger that cannot be read', async () => {
  const result = await runCli(['inspect', '-l', join(tempDir(), 'none.codex'), '--metrics']);
  expectFailure(result, 66, 'no ledger');
  expect(result.stdout.length).toBe(0);
  expectFailure(await runCli(['inspect', '--metrics', '--json']), 2, '--metrics');
});

describe('inspect --check', () => {
  const lineOf = async (ledger: string, ...checks: string[]) => {
    const result = await runCli(['inspect', '-l', ledger, ...checks.flatMap((check) => ['--check', check])]);
    return { code: result.code, text: result.stdout.toString() };
  };

  test('exits with 0 if all hold, and names each that fails with its value', async () => {
    const { ledger, overview } = await ledgerWithGroups();
    const lag = overview.groups.find(({ name }) => name === 'some')?.lag ?? 0;
    expect(
      await lineOf(
        ledger,
        'lag:all<1',
        `lag<=${overview.events}`,
        'wal<1GiB',
        'idle<1h',
        'warnings=0',

        'wal>=0',
      ),
    ).toEqual({
      code: 0,
      text: `ok: lag:all<1\nok: lag<=${overview.events}\nok: wal<1GiB\nok: idle<1h\nok: warnings=0\nok: wal>=0\n`,
    });
    const { code, text } = await lineOf(ledger, 'lag:some < 10', 'parked=0', 'oldest<5m', 'members:all>=1', 'size<1kB');
    expect(code).toBe(8);
    const lines = text.split('\n');
    expect(lines[0]).toBe(`failed: lag:some < 10: some ${lag.toLocaleString('en-US')}`);
    expect(lines[1]).toBe('failed: parked=0: bad 2');
    expect(lines[2]).toMatch(/^failed: oldest<5m: bad \d+y \d+d, some \d+y \d+d$/);
    expect(lines[3]).toBe('failed: members:all>=1: all 0');
    expect(lines[4]).toMatch(/^failed: size<1kB: [\d.]+ kB|MB$/);
    const json = await runCli(['inspect', '-l', ledger, '--json', '--check', 'lag<5', '--check', 'wal<1TB']);
    expect(json.code).toBe(8);
    expect(JSON.parse(json.stdout.toString())).toMatchObject({
      isMet: false,
      checks: [
        {
          check: 'lag<5',
          isMet: false,
          unit: 'count',
          limit: 5,
          failures: [{ group: 'bad' }, { group: 'some', value: lag }],
        },
        { check: 'wal<1TB', isMet: true, unit: 'bytes', limit: 1e12, failures: [] },
      ],
    });
  });

  test('an empty ledger meets limits of groups, and none for the time since a commit', async () => {
    const ledger = await newLedger();
    expect(await lineOf(ledger, 'lag<1', 'oldest<1s')).toMatchObject({ code: 0 });
    expect(await lineOf(ledger, 'idle<1h')).toEqual({ code: 8, text: 'failed: idle<1h: no commit yet\n' });
  });

  test('a check that cannot be read is refused before the ledger is opened', async () => {
    for (const [check, fact] of [
      ['lag', 'is not a check'],
      ['lag<', 'is not a check'],
      ['lga<1', "no figure 'lga'"],
      ['constructor<1', "no figure 'constructor'"],
      ['wal:g<1', 'names a group'],
      ['lag<5m', "'5m'"],
      ['wal<1XB', "'1XB'"],
      ['oldest<5q', "--check 'oldest<5q' has no limit that can be read: '5q' is not a duration"],
      ['lag<1,000', "'1,000' is not a whole number"],
      ['wal<-1', "'-1' is not a size in bytes"],
    ] as const)
      expectFailure(await runCli(['inspect', '-l', '/nonexistent/x.codex', '--check', check]), 2, fact);
    const ledger = await newLedger();
    expectFailure(await runCli(['inspect', '-l', ledger, '--check', 'lag:none<1']), 2, "no group 'none'");
  });
});
