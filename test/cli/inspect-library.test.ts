/** `inspect --json` and `inspect()` of the library hold the same facts: the description is rebuilt from the document, whole. */

import { chmodSync } from 'node:fs';
import { dirname } from 'node:path';
import Database from 'better-sqlite3';
import { expect, test } from 'vitest';
import { parseCompression } from '../../src/core/model/compression.ts';
import { parseFieldPath, parseFieldPaths } from '../../src/core/model/text/field-path.ts';
import { TIME_MIN } from '../../src/core/model/time/time.ts';
import { type InspectedLedger, type LedgerDescription, parseHead, parseRoutingSpec } from '../../src/index.ts';
import type { OverviewDocument } from '../../src/views/ledger-document.ts';
import type { EpochDocument } from '../../src/views/routing-document.ts';
import { runCli } from '../support/cli.ts';
import { openEngine } from '../support/engines.ts';
import { earthquakeLedger, fileIn, newLedger, succeed } from '../support/ledger-cli.ts';

const microsOf = (text: string) => Date.parse(`${text.slice(0, 23)}Z`) * 1000 + Number(text.slice(23, 26));
const microsOrNull = (text: string | null) => (text === null ? null : microsOf(text));

/** What `inspect()` has returned, by what the document says. Fails to compile, or to equal it, where the document lacks a fact. */
function descriptionOf(document: OverviewDocument): InspectedLedger {
  const { config, partitions, storage } = document;
  const ids = new Map(partitions.map(({ name, id }) => [name, id]));
  const epochOf = ({ epoch, fromSequence, rule, missing, partitions: names, placedFrom }: EpochDocument) => ({
    epoch,
    fromSequence,
    spec: { ...parseRoutingSpec(rule), missing },
    partitionIds: names.map((name) => ids.get(name) as number),
    placedFrom,
  });
  const [first, ...others] = document.epochs.map(epochOf);
  return {
    identity: {
      path: document.path,
      uuid: document.uuid,
      createdAt: microsOf(document.createdAt),
      config: {
        time: config.time === null ? null : parseFieldPath(config.time),
        zone: config.tz ?? null,
        unique: config.unique === null ? null : parseFieldPaths(config.unique),
        durability: config.durability as LedgerDescription['identity']['config']['durability'],
        determinism: config.determinism as LedgerDescription['identity']['config']['determinism'],
        lineBytesMax: config.lineBytesMax,
        compression: parseCompression(config.compression),
        // of a ledger in a log, where it is among the settings of the storage
        layout: null,
      },
      epochs: [first as ReturnType<typeof epochOf>, ...others],
      partitions: partitions.map(({ id, name }) => ({ id, name })),
      // of a segment that is opened by itself: the document is that of its history
      isSegment: false,
    },
    format: document.format,
    head: { ...parseHead(document.head), time: document.lastTime === null ? TIME_MIN : microsOf(document.lastTime) },
    commits: document.commits,
    firstTime: microsOrNull(document.firstTime),
    partitions: partitions.map(({ share: _, firstTime, lastTime, ...partition }) => ({
      ...partition,
      firstTime: microsOrNull(firstTime),
      lastTime: microsOrNull(lastTime),
    })),
    producers: document.producers,
    sessions: document.sessions,
    archived: document.archived.map(({ from, through, archivedAt, ...run }) => ({
      ...run,
      range: { from, through },
      archivedAt: microsOf(archivedAt),
    })),
    warnings: document.warnings,
    storage,
  };
}

/** Fields of the document that other calls return, or that follow from the description. */
const BESIDES = ['events', 'groups', 'late', 'lastTime', 'routing', 'transfers'];

async function usedLedger(): Promise<string> {
  const ledger = await earthquakeLedger('--unique', 'id', '--missing', 'none', '--compression', 'zstd');
  await succeed(['partition', 'add', 'extra', '-l', ledger]);
  await succeed(['partition', 'place', 'us', 'p0', '-l', ledger]);
  await succeed(['partition', 'reroute', 'sticky:properties.net,idle=30m', '-l', ledger]);
  const more = '{"id":"a","properties":{"net":"zz","time":1.7e9}}\n{"id":"b","properties":{"net":"us","time":1.7e9}}\n';
  await succeed(['emit', '-q', '-l', ledger, '--producer', 'more'], { input: more });
  await runCli([
    'tail',
    '-q',
    '-l',
    ledger,
    '--group',
    'g',
    '--exit-at-head',
    '--limit',
    '5',
    '--exec',
    'cat > /dev/null',
  ]);
  const db = new Database(ledger);
  db.exec('CREATE TABLE "of another tool" (x)');
  db.close();
  fileIn(dirname(ledger), 'events.codex.incomplete-3f2a9c01-0000-4000-8000-000000000001', '');
  chmodSync(ledger, 0o644);
  return ledger;
}

test.each([
  ['an empty one', () => newLedger('--time', 'at', '--tz', 'Europe/Berlin', '--routing', 'range:n=1,2')],
  ['a used one', usedLedger],
])('the description of the library is that of --json: %s', async (_, make) => {
  const ledger = await make();
  const engine = await openEngine({ ledger });
  const description = await engine.inspect();
  const { stdout } = await succeed(['inspect', '--json', '-l', ledger]);
  const document = JSON.parse(stdout.toString()) as OverviewDocument;
  expect(descriptionOf(document)).toEqual(description);
  expect(await engine.inspect()).toEqual(description);

  const known = [
    ...Object.keys(description).filter((key) => key !== 'identity'),
    'path',
    'uuid',
    'createdAt',
    'config',
    'epochs',
  ];
  expect(Object.keys(document).sort()).toEqual([...known, ...BESIDES].sort());
  expect(document.events).toBe(description.head.sequence);
  expect(document.routing).toEqual(document.epochs.at(-1));
  expect(document.groups.map(({ name, lag }) => [name, lag])).toEqual(
    (await engine.groups()).map(({ name, lag }) => [name, lag]),
  );
});
