/** Runs a measurement: creates a temporary directory, runs the steps one after the other, and removes the directory. */

import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { join } from 'node:path';
import { finished } from 'node:stream/promises';
import { Completengine, closeAfter, LedgerError } from '../../index.ts';
import { count } from '../terminal/format-numbers.ts';
import type { Display } from './display.ts';
import { type BenchDocument, DOCUMENT_KIND, type Figures } from './document.ts';
import { EventMaker, TIME_FIELD } from './events.ts';
import { describeMachine } from './machine.ts';
import { measureCommits, payload } from './measure-commits.ts';
import { measureStorage, runEmissions, toEmission } from './measure-emission.ts';
import { measureFsync } from './measure-fsync.ts';
import { measureReplay } from './measure-replay.ts';
import { measureStart } from './measure-start.ts';
import { measureWakeups } from './measure-wakeups.ts';
import { throwIfAborted } from './processes.ts';
import type { BenchSettings } from './settings.ts';
import { type Site, siteOf } from './site.ts';
import { ledgerOptions, ROUNDS, type Stage, unroutable } from './stage.ts';
import { Workplace } from './workplace.ts';

export const STEPS = 7;

/** The input, a ledger with it, and its write-ahead log. */
const DISK_PER_INPUT = 2.5;
const DISK_BYTES_MIN = 64 * 1024 * 1024;
/** Events used to check that the routing rule works. */
const TRIAL_EVENTS = 64;

export interface BenchOptions {
  readonly settings: BenchSettings;
  /** Location of ledgers on servers, whose name begins those of the measured ones. Default: files of the temporary directory. */
  readonly location?: string | undefined;
  /** Called with the names of the ledgers that stay on the servers. */
  readonly onLeft: (names: readonly string[]) => void;
  /** Parent of the temporary directory. */
  readonly parent: string;
  /** Root of the package, which contains bin/run.js. */
  readonly root: string;
  readonly version: string;
  readonly signal: AbortSignal;
  readonly display: Display;
}

/** @throws LedgerError INVALID_ARGUMENT, CANNOT_CREATE, DISK_FULL, ABORTED; IO_FAILED if a measured process fails */
export async function bench({
  settings,
  location,
  onLeft,
  parent,
  root,
  version,
  signal,
  display,
}: BenchOptions): Promise<BenchDocument> {
  const workplace = Workplace.make(
    parent,
    settings.events * settings.lineBytes * DISK_PER_INPUT + DISK_BYTES_MIN,
    signal,
  );
  const site: Site = siteOf(location, workplace);
  try {
    const stage: Stage = {
      settings,
      site,
      maker: new EventMaker(settings),
      workplace,
      node: process.execPath,
      cli: join(root, 'bin/run.js'),
      input: workplace.path('input.jsonl'),
      signal,
      display,
    };
    const { storage, synchronous, commit, wakeup } = await measureInProcess(stage);
    const figures = { ...(await measureProcesses(stage)), commit, wakeup };
    return {
      kind: DOCUMENT_KIND,
      format: 1,
      measuredAt: new Date().toISOString(),
      settings: { ...settings, time: TIME_FIELD, synchronous },
      machine: describeMachine(workplace.directory, { completengine: version, storage }),
      figures,
    };
  } finally {
    onLeft(site.left());
    workplace.remove();
  }
}

/** Measures with an engine in this process. */
async function measureInProcess(
  stage: Stage,
): Promise<Pick<Figures, 'commit' | 'wakeup'> & { storage: string; synchronous: string }> {
  const ledger = stage.site.next('single');
  const engine = await Completengine.open({ ledger, ...ledgerOptions(stage.settings) });
  const measure = async () => {
    await tryRouting(stage, engine);
    stage.display.step('commits of single events');
    const commit = await measureCommits(stage, engine);
    stage.display.step('commit to line in tail -f');
    const wakeup = await measureWakeups(stage, engine, ledger);
    const { storage } = await engine.inspect();
    const { server, sync, synchronous } = storage.settings;
    return {
      commit,
      wakeup,
      storage: server === undefined ? storage.engine : `${storage.engine} ${server}`,
      synchronous: sync === undefined ? synchronousName(synchronous) : String(sync),
    };
  };
  return closeAfter(measure, () => engine.close());
}

async function tryRouting({ settings, maker }: Stage, engine: Completengine): Promise<void> {
  const events = Array.from({ length: Math.min(TRIAL_EVENTS, settings.events) }, (_, number) =>
    payload(maker.line(number)),
  );
  await engine.emit(events).catch((error: unknown) => {
    throw error instanceof LedgerError && error.code === 'BAD_LINE' ? unroutable(settings, error) : error;
  });
}

/** Measures whole processes. */
async function measureProcesses(stage: Stage): Promise<Omit<Figures, 'commit' | 'wakeup'>> {
  const { settings, display } = stage;
  display.step('4 KiB and fsync');
  const fsync = await measureFsync(stage);
  display.step('processes of one event');
  const start = await measureStart(stage);
  display.step(`generating ${count(settings.events)} events`);
  await writeInput(stage);
  display.step(`cat | emit, ${ROUNDS} rounds`);
  const { runs, ledger } = await runEmissions(stage);
  const storage = await measureStorage(stage, ledger);
  display.step(`replay | cat, ${ROUNDS} rounds`);
  const replay = await measureReplay(stage, ledger, start);
  return { emit: toEmission(stage, runs, start), replay, storage, start, fsync };
}

async function writeInput({ settings, maker, input, signal, display }: Stage): Promise<void> {
  const file = createWriteStream(input, { mode: 0o600 });
  const total = settings.events * settings.lineBytes;
  try {
    for (const chunk of maker.chunks(settings.events)) {
      if (!file.write(chunk)) await once(file, 'drain', { signal });
      display.at(file.bytesWritten / total);
    }
    file.end();
    await finished(file, { signal });
  } catch (error) {
    file.destroy();
    throwIfAborted(signal);
    throw new LedgerError('IO_FAILED', {
      message: `the input cannot be written: ${(error as Error).message}`,
      hint: 'free some space',
      cause: error,
    });
  }
}

/** The numbers of SQLite: https://sqlite.org/pragma.html#pragma_synchronous */
function synchronousName(value: string | number | undefined): string {
  return ['OFF', 'NORMAL', 'FULL', 'EXTRA'][Number(value)] ?? 'unknown';
}
