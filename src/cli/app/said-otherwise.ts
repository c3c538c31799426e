/** Names that other programs have for what a command here does, and pairs of flags whose purpose another command has. */

/** A range has an end and a group has none. */
export const RANGE_FOR_A_GROUP =
  'a group has no end; to give it a range: completengine replay RANGE --into FILE, then tail --group NAME -l FILE';

/** What is typed behind the name of the program. */
const COMMANDS: Readonly<Record<string, string>> = {
  append: 'emit',
  check: 'inspect --verify',
  consume: 'tail --group NAME',
  create: 'init',
  dump: 'replay',
  export: 'replay',
  groups: 'group',
  import: 'emit',
  info: 'inspect',
  metrics: 'inspect --metrics',
  produce: 'emit',
  stats: 'inspect',
  status: 'inspect',
  verify: 'inspect --verify',
  'verify-proof': 'proof FILE --public-key KEYFILE',
  watch: 'inspect --watch',
  'group drop': 'group parked GROUP --drop SEQUENCE',
  'group list': 'group',
  'group ls': 'group',
  'group redeliver': 'group parked GROUP --redeliver',
};

/** Flags of `tail` that name an end. */
const ENDS: readonly string[] = ['through', 'until', 'through-sequence'];

/** The command that does it, without the name of the program; null if the name is not known. */
export function commandSaidOtherwise(typed: string): string | null {
  return Object.hasOwn(COMMANDS, typed) ? (COMMANDS[typed] as string) : null;
}

/** What to do instead of combining two flags; null where one of them has to go. */
export function pairSaidOtherwise(verb: string, one: string, other: string): string | null {
  const isEndOfGroup = [one, other].includes('group') && ENDS.some((end) => end === one || end === other);
  return verb === 'tail' && isEndOfGroup ? RANGE_FOR_A_GROUP : null;
}
