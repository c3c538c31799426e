/** Answers flags that a command does not have with what says the same, in one line: earlier spellings, parts of a range that have no meaning there, and flags of a command nearby. */

import { RANGE_FOR_A_GROUP } from './said-otherwise.ts';
import { UsageError } from './usage-error.ts';

const BEGINS_AT_THE_OLDEST = 'leave it out: an archive begins with the oldest event that is not archived yet';
const HAS_NO_END = 'leave it out: after a reset, members continue to the head';

const RULE_OR_NUMBER = '--partitions N for their number, or --routing hash:tenant for a rule';

/** By verb and flag: what says the same now. */
const RETIRED: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  archive: { from: BEGINS_AT_THE_OLDEST, 'from-sequence': BEGINS_AT_THE_OLDEST, since: BEGINS_AT_THE_OLDEST },
  init: { partition: RULE_OR_NUMBER },
  bench: { partition: RULE_OR_NUMBER },
  'group reset': { through: HAS_NO_END, until: HAS_NO_END, 'through-sequence': HAS_NO_END, limit: HAS_NO_END },
  'group show': { parked: 'completengine group parked GROUP' },
  diff: { ledger: 'completengine diff A B: both are arguments' },
  inspect: { groups: 'completengine group' },
  replay: {
    to: '--until TIME, exclusive, or --through TIME, inclusive',
    group: RANGE_FOR_A_GROUP,
    number: 'completengine tail -n 10, or --limit 10 for the first ones',
    'to-group': 'completengine group reset GROUP --from PLACE',
    yes: 'completengine group reset GROUP --from PLACE --yes',
    force: 'completengine group reset GROUP --from PLACE --force',
  },
  tail: {
    to: '--until TIME, exclusive, or --through TIME, inclusive',
    count: '--limit 100, or -c 100',
    'dry-run': 'completengine replay --dry-run',
    into: 'completengine replay --into LEDGER, with --follow for new events, too',
    speed: 'completengine replay --speed 60',
    parked: 'completengine group parked GROUP',
    redeliver: 'completengine group parked GROUP --redeliver',
    drop: 'completengine group parked GROUP --drop',
  },
};

/** Letters that the commands with these flags have. */
const LETTERS: Readonly<Record<string, string>> = { g: 'group', l: 'ledger', n: 'number' };

/** The error of oclif for unknown flags. */
type UnknownFlags = Error & { readonly flags?: unknown };

/** Null if no flag of the command line is a retired one. */
export function retiredFlag(error: Error, verb: string): UsageError | null {
  const { flags } = error as UnknownFlags;
  for (const typed of Array.isArray(flags) ? (flags as unknown[]) : []) {
    const [, long, letter = ''] = /^(?:--([\w-]+)|-(\w)$)/.exec(String(typed)) ?? [];
    const name = long ?? (Object.hasOwn(LETTERS, letter) ? (LETTERS[letter] as string) : '');
    const verbs = Object.hasOwn(RETIRED, verb) ? RETIRED[verb] : undefined;
    const present = verbs !== undefined && Object.hasOwn(verbs, name) ? verbs[name] : undefined;
    if (present !== undefined) return new UsageError(`${verb} has no --${name}`, present);
  }
  return null;
}
