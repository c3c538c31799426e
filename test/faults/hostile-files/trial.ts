/** One damaged copy: made from a seed, read by the library, and given to some commands. */

import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { ResidentCli } from '../../support/resident-cli.ts';
import type { Seeded } from '../../support/seeded.ts';
import { BLOCKS } from './blocks.ts';
import { BYTES } from './bytes.ts';
import { type Command, READERS, WRITERS } from './commands.ts';
import { type Family, familyOf, type Site } from './damage.ts';
import { faultOfHistory, faultOfProbe, faultOfRun, faultOfWrite, type History, isCrash } from './laws.ts';
import { filesOf, LEDGER, type Original, place } from './originals.ts';
import type { Crash, Probe, Prober } from './prober.ts';
import { ROWS } from './rows.ts';
import { SCHEMAS } from './schema.ts';

const FAMILIES: readonly Family[] = [...ROWS, ...SCHEMAS, ...BYTES, ...BLOCKS];
const ATTEMPTS_MAX = 20;

export interface Bench {
  /** The sound ledgers are there, and the damaged ones are made there. */
  readonly directory: string;
  readonly originals: readonly Original[];
  /** Of the originals, in their order. */
  readonly histories: readonly History[];
  readonly prober: Prober;
  readonly cli: ResidentCli;
  readonly limitMs: number;
  /** Commands that read, and commands that write, for each file. */
  readonly commands: number;
}

export interface Outcome {
  readonly family: string;
  readonly what: string;
  readonly faults: readonly string[];
  /** How strict replay ended: `whole`, `cut` for a shorter history without a failure, or the code of the failure. */
  readonly ending: string;
}

/** Makes the damaged copy of a number, the same for the same seed. Null if 20 damages in a row could not be done. */
export function damagedCopy(
  bench: Bench,
  number: number,
  random: Seeded,
): { site: Site; family: Family; what: string } | null {
  const { originals, directory } = bench;
  const original = random.pick(originals);
  const site = {
    directory: join(directory, `file-${number}`),
    original,
    originals,
    sound: soundCopy(directory, originals.indexOf(original)),
  };
  for (let attempt = 0; attempt < ATTEMPTS_MAX; attempt++) {
    mkdirSync(site.directory);
    const placed: Site = { ...site, ledger: place(original, site.directory) };
    const family = familyOf(FAMILIES, random);
    const what = family.damage(placed, random);
    if (what !== null) return { site: placed, family, what: `${original.name}: ${family.name}: ${what}` };
    remove(site);
  }
  return null;
}

/** Where the untouched copy of an original is. */
export function soundCopy(directory: string, original: number): string {
  return join(directory, `sound-${original}`, LEDGER);
}

function remove({ directory }: Pick<Site, 'directory'>): void {
  rmSync(directory, { recursive: true, force: true });
}

/** `number`: which commands have their turn follows from it. */
export async function tried(bench: Bench, number: number, random: Seeded): Promise<Outcome | null> {
  const made = damagedCopy(bench, number, random);
  if (made === null) return null;
  const { site, family, what } = made;
  try {
    const { faults, ending } = await check(bench, number, site, family.isForged === true);
    return { family: family.name, what, faults, ending };
  } finally {
    remove(site);
  }
}

async function check(
  { prober, histories, originals, commands, cli, limitMs }: Bench,
  number: number,
  site: Site,
  isForged: boolean,
): Promise<Pick<Outcome, 'faults' | 'ending'>> {
  const faults: string[] = [];
  const note = ({ args }: Pick<Command, 'args'>, fault: string | null): void =>
    void (fault === null || faults.push(`${args.join(' ')}: ${fault}`));
  const first = await prober.probe(site.ledger);
  note({ args: ['library'] }, faultOfProbe(first, histories, isForged));
  if (isCrash(first)) return { faults, ending: 'crash' };
  const { failure, events } = first;
  let before: Probe = first;
  const run = (command: Command) => cli.run(command.args, { input: command.input, timeout: limitMs });
  const group = site.original.groups[0] ?? 'none';
  for (const make of turnsOf(READERS, number, commands)) {
    const command = make(site, group);
    const result = await run(command);
    const fault = command.isHistory && !isForged ? faultOfHistory(result, histories) : null;
    note(command, faultOfRun(command, result, isForged) ?? fault);
  }
  for (const make of turnsOf(WRITERS, number, commands)) {
    const command = make(site, group);
    const files = filesOf(site.directory);
    const result = await run(command);
    // the same bytes are read in the same way, and a command that is refused, as three of four are, leaves them
    const after: Probe | Crash = isUnchanged(site.directory, files) ? before : await prober.probe(site.ledger);
    note(command, faultOfRun(command, result, isForged) ?? faultOfWrite(before, after, result.code));
    if (isCrash(after)) break;
    before = after;
  }
  const whole = (histories[originals.indexOf(site.original)] as History).events.length;
  return { faults, ending: failure?.code ?? (events.length < whole ? 'cut' : 'whole') };
}

function isUnchanged(directory: string, before: ReadonlyMap<string, Buffer>): boolean {
  const after = filesOf(directory);
  return after.size === before.size && [...after].every(([path, bytes]) => before.get(path)?.equals(bytes) === true);
}

/** The next ones at each number, so that all have their turn. */
function turnsOf<Make>(all: readonly Make[], number: number, count: number): Make[] {
  return Array.from({ length: count }, (_, nth) => all[(number * count + nth) % all.length] as Make);
}
