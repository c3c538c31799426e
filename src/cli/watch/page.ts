/** Lays out the sections of a live page: no line is wider than the window, and no page is longer. */

import type { SampleDocument } from '../../views/ledger-document.ts';
import { chalk } from '../terminal/colours.ts';
import { cutLine } from '../terminal/cut.ts';
import { plural } from '../terminal/format-numbers.ts';
import type { ShownClock } from '../terminal/shown-clock.ts';
import { shareRows } from './fit.ts';
import { groupList, partitionList } from './lists.ts';
import { memberLines } from './members.ts';
import { busSection, emissionSection, ledgerSection, replaySection } from './sections.ts';

export interface Window {
  readonly columns: number;
  readonly rows: number;
}

/** With fewer rows than this for the lists, the other sections use their short form. */
const LIST_ROWS = 8;
const AIR_ROWS = 3;
/** Sections that get an empty line before them, in order of priority: the partitions, then the groups, and so on. */
const GAPS = [2, 4, 1, 5, 3];

/** Returns at most as many lines as the window has rows; `hint` is at the bottom if there is room. */
export async function renderPage(
  sample: SampleDocument,
  { columns, rows }: Window,
  hint: string,
  clock: ShownClock,
): Promise<string[]> {
  const partitions = partitionList(sample, columns);
  const groups = groupList(sample, columns);
  const wanted = partitions.size + groups.size;
  const around = async (isShort: boolean) => ({
    ledger: ledgerSection(sample, columns, isShort, clock),
    emission: await emissionSection(sample, columns, isShort),
    bus: busSection(sample, columns),
    replay: replaySection(sample, columns, isShort, clock),
  });
  // minus the two heads of the lists
  const roomIn = (parts: Readonly<Record<string, readonly string[]>>) => rows - Object.values(parts).flat().length - 2;
  let parts = await around(false);
  if (roomIn(parts) < Math.min(wanted, LIST_ROWS)) parts = await around(true);
  const room = Math.max(0, roomIn(parts));
  // lists longer than the window leave some rows empty
  const air = Math.max(0, Math.min(AIR_ROWS, wanted - room, room - LIST_ROWS));
  const [partitionRows = 0, groupRows = 0] = shareRows([partitions.size, groups.size], room - air);
  const router = await partitions.lines(partitionRows);
  const groupLines = await groups.lines(groupRows);
  const sectionsWith = (scheduler: readonly string[]) => [
    parts.ledger,
    parts.emission,
    router,
    parts.bus,
    scheduler,
    parts.replay,
  ];
  const spare = rows - sectionsWith(groupLines).flat().length - GAPS.length;
  const members = sample.groups.map((group) => memberLines(group, columns));
  const hasRoomForMembers = groupRows === groups.size && members.flat().length <= spare;
  const sections = sectionsWith(hasRoomForMembers ? interleave(groupLines, members) : groupLines);
  const page = spaced(sections, rows);
  const below = rows - page.length;
  if (below >= 2) page.push(...Array.from({ length: below - 1 }, () => ''), chalk.dim(cutLine(hint, columns)));
  return page.length <= rows ? page : clipped(page, rows, columns);
}

/** Inserts after each row of a table its own lines. */
function interleave([head = '', ...table]: readonly string[], beneath: readonly (readonly string[])[]): string[] {
  return [head, ...table.flatMap((row, at) => [row, ...(beneath[at] ?? [])])];
}

function spaced(sections: readonly (readonly string[])[], rows: number): string[] {
  const spare = Math.max(0, rows - sections.flat().length);
  const open = new Set(GAPS.slice(0, spare));
  return sections.flatMap((lines, at) => (open.has(at) ? ['', ...lines] : lines));
}

function clipped(page: readonly string[], rows: number, columns: number): string[] {
  const kept = page.slice(0, Math.max(0, rows - 1));
  return [...kept, chalk.dim(cutLine(`… ${plural(page.length - kept.length, 'more row')}`, columns))];
}
