/** Compares a measurement with an earlier one, saved with --json. */

import { readFileSync, statSync } from 'node:fs';
import { LedgerError } from '../../index.ts';
import { unreadable } from '../emit/input.ts';
import { type BenchDocument, DOCUMENT_KIND } from './document.ts';
import { METRICS, own, valueAt } from './metrics.ts';
import { roundRatio } from './samples.ts';

/** Our documents have a few kilobytes; a larger file, such as a log, is not read. */
const DOCUMENT_BYTES_MAX = 1024 * 1024;

const SETTINGS = ['events', 'lineBytes', 'partitions', 'routing', 'durability', 'synchronous', 'time'];
const MACHINE = ['cpu', 'cores', 'platform', 'fileSystem', 'node', 'storage', 'completengine'];

/** An earlier measurement. It may come from another version, so any figure may be missing. */
export interface EarlierBench {
  readonly file: string;
  readonly measuredAt: string;
  readonly settings: unknown;
  readonly machine: unknown;
  readonly figures: unknown;
}

export interface Difference {
  readonly name: string;
  readonly before: string;
  readonly now: string;
}

export interface Comparison {
  readonly file: string;
  readonly measuredAt: string;
  /** Settings that differ; if there are any, the ratios mean little. */
  readonly settings: readonly Difference[];
  readonly machine: readonly Difference[];
  /** Ratio of now to before, by the path of the figure; null if one is missing. */
  readonly ratios: Readonly<Record<string, number | null>>;
}

/** @throws LedgerError NO_INPUT, INPUT_UNREADABLE */
export function readEarlier(file: string): EarlierBench {
  const document = parse(file, readText(file));
  if (own(document, 'kind') !== DOCUMENT_KIND) throw foreign(file, 'it is JSON of another kind');
  if (own(document, 'format') !== 1) throw foreign(file, 'it is from a newer version');
  const [settings, machine, figures] = ['settings', 'machine', 'figures'].map((part) => own(document, part));
  if (METRICS.every(({ path }) => valueAt(figures, path) === null)) throw foreign(file, 'it has no figures');
  return { file, measuredAt: text(own(document, 'measuredAt')), settings, machine, figures };
}

export function compare(now: BenchDocument, earlier: EarlierBench): Comparison {
  return {
    file: earlier.file,
    measuredAt: earlier.measuredAt,
    settings: differences(SETTINGS, now.settings, earlier.settings),
    machine: differences(MACHINE, now.machine, earlier.machine),
    ratios: Object.fromEntries(
      METRICS.map(({ path }) => [path, ratio(valueAt(now.figures, path), valueAt(earlier.figures, path))]),
    ),
  };
}

function ratio(now: number | null, before: number | null): number | null {
  return now === null || before === null || before === 0 ? null : roundRatio(now / before);
}

function differences(names: readonly string[], now: unknown, before: unknown): Difference[] {
  return names
    .map((name) => ({ name, now: text(own(now, name)), before: text(own(before, name)) }))
    .filter((pair) => pair.now !== pair.before);
}

function text(value: unknown): string {
  return typeof value === 'string' || typeof value === 'number' ? String(value) : 'unknown';
}

function readText(file: string): string {
  try {
    if (statSync(file).size > DOCUMENT_BYTES_MAX) throw foreign(file, 'it is too large');
    return readFileSync(file, 'utf8');
  } catch (error) {
    if (error instanceof LedgerError) throw error;
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw unreadable(file, error);
    throw new LedgerError('NO_INPUT', {
      message: `there is no file ${file} to compare with`,
      hint: 'save a measurement first: completengine bench --json > before.json',
      cause: error,
    });
  }
}

function parse(file: string, content: string): unknown {
  try {
    return JSON.parse(content);
  } catch (error) {
    throw foreign(file, 'it is not JSON', error);
  }
}

function foreign(file: string, reason: string, cause?: unknown): LedgerError {
  return new LedgerError('INPUT_UNREADABLE', {
    message: `${file} is not a measurement to compare with: ${reason}`,
    hint: 'name a file made by completengine bench --json',
    cause,
  });
}
