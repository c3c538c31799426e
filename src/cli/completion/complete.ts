/** Completes a command line: what the grammar allows, and names that the ledger has. Prints what the scripts of the shells read. */

import { Completengine } from '../../index.ts';
import { readGrammar } from '../grammar/grammar.ts';
import { type Candidate, type Candidates, candidatesFor, type LedgerKind, type PathKind } from './candidates.ts';

/** How long a completion may wait for a ledger: somebody has pressed a key. */
const WAIT_MS = 1000;
// a name from a ledger may hold anything: what a terminal could interpret, or a line end, is no candidate
const UNSAFE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u;
const DESCRIPTION_MAX = 60;
const PATHS: ReadonlySet<string> = new Set<PathKind>(['files', 'ledgers', 'directories']);

export interface CompletionRequest {
  /** The directory of package.json. */
  readonly root: string;
  /** As {@link candidatesFor} takes them. */
  readonly words: readonly string[];
  /** The ledger of the environment, or of a flag's default. */
  readonly ledger: string;
}

/**
 * Lines: `values`, or `files`, `ledgers` or `directories`, which the shell completes itself; then one candidate per line, with a tab and a description. Names of a
 * ledger that cannot be opened are left out.
 */
export async function completionLines({ root, words, ledger }: CompletionRequest): Promise<string[]> {
  const candidates = candidatesFor(readGrammar(root), words);
  const current = words.at(-1) ?? '';
  const own = [...candidates.values, ...(await namesOf(candidates, ledger))]
    .map(({ value, description }) => ({ value: `${candidates.prefix}${value}`, description }))
    .filter(({ value }) => value.startsWith(current) && !UNSAFE.test(value));
  const path = candidates.kinds.find((kind) => PATHS.has(kind));
  if (path !== undefined && own.length === 0) return [path];
  return ['values', ...own.map(lineOf)];
}

function lineOf({ value, description }: Candidate): string {
  const [first = ''] = (description ?? '').split(/[;:.](?: |$)/);
  const short = first.length <= DESCRIPTION_MAX ? first : `${first.slice(0, DESCRIPTION_MAX - 1)}…`;
  return short === '' || UNSAFE.test(short) ? value : `${value}\t${short}`;
}

async function namesOf({ kinds, ledger }: Candidates, otherwise: string): Promise<Candidate[]> {
  const zones = kinds.includes('zones') ? ['UTC', ...Intl.supportedValuesOf('timeZone')] : [];
  const wanted = kinds.filter((kind): kind is LedgerKind => kind in NAMES);
  const names = wanted.length === 0 ? [] : await namesInLedger(wanted, ledger ?? otherwise);
  return [...zones, ...names].map((value) => ({ value }));
}

const NAMES: Readonly<Record<LedgerKind, (engine: Completengine) => Promise<readonly string[]> | readonly string[]>> = {
  partitions: ({ partitions }) => partitions.map(({ name }) => name),
  groups: async (engine) => (await engine.groups()).map(({ name }) => name),
  producers: async (engine) => (await engine.gauges()).producers.map(({ name }) => name),
};

async function namesInLedger(kinds: readonly LedgerKind[], ledger: string): Promise<string[]> {
  let engine: Completengine | undefined;
  try {
    const signal = AbortSignal.timeout(WAIT_MS);
    engine = await Completengine.open({ ledger, create: false, access: 'read', busyTimeoutMs: WAIT_MS, signal });
    const names: string[] = [];
    for (const kind of kinds) names.push(...(await NAMES[kind](engine)));
    return names;
  } catch {
    // no error may appear in the middle of a command line
    return [];
  } finally {
    await engine?.close();
  }
}
