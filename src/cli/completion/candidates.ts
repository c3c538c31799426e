/** Decides what can stand at the end of a command line: words, or a kind of values that a ledger or the shell knows. No I/O. */

import type { Grammar, GrammarFlag, GrammarVerb } from '../grammar/grammar.ts';

export interface Candidate {
  readonly value: string;
  readonly description?: string | undefined;
}

/** What the shell completes itself. */
export type PathKind = 'files' | 'ledgers' | 'directories';
/** What only the ledger that the command line names has. */
export type LedgerKind = 'partitions' | 'groups' | 'producers';

export interface Candidates {
  /** The part of the word before the value: `--ledger=`, or empty. */
  readonly prefix: string;
  readonly values: readonly Candidate[];
  readonly kinds: readonly (PathKind | LedgerKind | 'zones')[];
  /** The location that the words name; undefined: the default. */
  readonly ledger: string | undefined;
}

/** By the words that help shows for values. */
const KINDS: Readonly<Record<string, Candidates['kinds'][number]>> = {
  FILE: 'files',
  KEYFILE: 'files',
  LEDGER: 'ledgers',
  LOCATION: 'ledgers',
  A: 'ledgers',
  B: 'ledgers',
  DIR: 'directories',
  DIRECTORY: 'directories',
  PARTITION: 'partitions',
  GROUP: 'groups',
  PRODUCER: 'producers',
  ZONE: 'zones',
};

/** `words`: after the name of the program, the last one being completed, without quotes of a shell. */
export function candidatesFor(grammar: Grammar, words: readonly string[]): Candidates {
  const before = words.slice(0, -1);
  const current = words.at(-1) ?? '';
  const found = verbOf(grammar, before);
  if (found === null) return { ...NONE, values: verbCandidates(grammar, before, current) };
  const { verb, count } = found;
  const state = walk(verb, before.slice(count));
  const base = { ...NONE, ledger: state.ledger };
  if (state.awaited !== null) return { ...base, ...valuesOf(state.awaited) };
  const [, name, prefix] = /^(?=--([\w-]+)=)(--[\w-]+=)/.exec(current) ?? [];
  const assigned = name === undefined ? undefined : verb.flags[name];
  if (assigned?.type === 'option' && !state.isOver) return { ...base, prefix: prefix ?? '', ...valuesOf(assigned) };
  if (current.startsWith('-') && !state.isOver) return { ...base, values: flagCandidates(verb) };
  const below = state.positions === 0 && before.length === count ? verbCandidates(grammar, before, current) : [];
  const values = argumentValues(verb, state.positions);
  return { ...base, ...values, values: [...below, ...values.values] };
}

const NONE: Candidates = { prefix: '', values: [], kinds: [], ledger: undefined };

function verbOf(grammar: Grammar, words: readonly string[]): { verb: GrammarVerb; count: number } | null {
  for (const count of [2, 1]) {
    const verb = words.length < count ? undefined : grammar.get(words.slice(0, count).join(' '));
    if (verb !== undefined) return { verb, count };
  }
  return null;
}

/** The next word of the verbs that begin with these words. */
function verbCandidates(grammar: Grammar, before: readonly string[], current: string): Candidate[] {
  const isHelp = before[0] === 'help';
  const start = isHelp ? before.slice(1) : before;
  if (start.length === 0 && current.startsWith('-')) return [{ value: '--help' }, { value: '--version' }];
  const found = new Map<string, string | undefined>();
  for (const [name, { summary }] of grammar) {
    const words = name.split(' ');
    if (words.length <= start.length || !start.every((word, at) => word === words[at])) continue;
    const next = words[start.length] as string;
    // the verb itself describes itself better than one below it
    if (!found.has(next) || words.length === start.length + 1) found.set(next, summary);
  }
  if (before.length === 0) found.set('help', 'Show the help of a command.');
  return [...found].map(([value, description]) => ({ value, description }));
}

interface State {
  /** The flag whose value comes next. */
  awaited: GrammarFlag | null;
  /** Arguments so far. */
  positions: number;
  /** After `--` all words are arguments. */
  isOver: boolean;
  ledger: string | undefined;
}

function walk(verb: GrammarVerb, words: readonly string[]): State {
  const state: State = { awaited: null, positions: 0, isOver: false, ledger: undefined };
  for (const word of words) {
    const { awaited } = state;
    if (awaited !== null) {
      if (awaited.name === 'ledger') state.ledger = word;
      state.awaited = null;
    } else if (state.isOver || !word.startsWith('-') || word === '-') state.positions++;
    else if (word === '--') state.isOver = true;
    else step(state, verb, word);
  }
  return state;
}

function step(state: State, verb: GrammarVerb, word: string): void {
  const [typed = '', ...values] = word.split('=');
  const flag = flagOf(verb, typed);
  if (flag?.type !== 'option') return;
  const isAttached = !word.startsWith('--') && typed.length > 2;
  if (values.length === 0 && !isAttached) state.awaited = flag;
  else if (flag.name === 'ledger') state.ledger = isAttached ? word.slice(2) : values.join('=');
}

function flagOf(verb: GrammarVerb, word: string): GrammarFlag | undefined {
  if (word.startsWith('--')) return verb.flags[word.slice(2)];
  return Object.values(verb.flags).find(({ char }) => char !== undefined && word[1] === char);
}

function flagCandidates(verb: GrammarVerb): Candidate[] {
  return [
    ...Object.values(verb.flags).map(({ name, description }) => ({ value: `--${name}`, description })),
    { value: '--help', description: 'show help' },
  ];
}

function argumentValues(verb: GrammarVerb, position: number): Pick<Candidates, 'values' | 'kinds'> {
  const args = Object.values(verb.args);
  // a list of arguments repeats as a whole: FILE FILE, or KEY PARTITION KEY PARTITION
  const arg = args[verb.strict === false && args.length > 0 ? position % args.length : position];
  if (arg === undefined) return { values: [], kinds: [] };
  return valuesOf({ options: arg.options, helpValue: arg.name.toUpperCase() });
}

function valuesOf({
  options,
  helpValue = '',
}: {
  readonly options?: readonly string[] | undefined;
  readonly helpValue?: string | undefined;
}): Pick<Candidates, 'values' | 'kinds'> {
  if (options !== undefined) return { values: options.map((value) => ({ value })), kinds: [] };
  const parts = helpValue.split('|');
  return {
    values: parts.filter((part) => /^[a-z]+$/.test(part)).map((value) => ({ value })),
    kinds: parts.flatMap((part) => KINDS[part] ?? []),
  };
}
