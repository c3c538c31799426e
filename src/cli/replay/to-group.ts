/** `replay --to-group`: resets the offsets of a consumer group, so that its members receive history again. Prints a plan, and applies it on request. */

import { type Completengine, type CursorPlan, LedgerError, type StartPoint } from '../../index.ts';
import { cursorPlanDocument } from '../../views/cursor-plan-document.ts';
import { safeJson } from '../app/safe-json.ts';
import { type LedgerFlags, withLedger } from '../app/session.ts';
import { canAsk, confirm } from '../terminal/confirm.ts';
import { printOnOutputFailure } from '../terminal/guard-output.ts';
import { cursorPlanText } from './cursor-plan-text.ts';
import type { GivenFlags } from './resume-command.ts';

/** Flags that apply to an offset reset. The others define a replay, while members of a group continue to the head anyway. */
const FLAGS_OF_A_RESET = [
  'ledger',
  'archive',
  'busy-timeout',
  'to-group',
  'from',
  'from-sequence',
  'tz',
  'partition',
  'dry-run',
  'yes',
  'force',
  'json',
];

interface ResetFlags extends LedgerFlags {
  readonly from?: string | undefined;
  readonly 'from-sequence'?: number | undefined;
  readonly tz?: string | undefined;
  readonly 'dry-run': boolean;
  readonly yes: boolean;
  readonly force: boolean;
  readonly json: boolean;
}

export interface Reset extends GivenFlags {
  readonly flags: GivenFlags['flags'] & ResetFlags;
  readonly group: string;
  /** Names of partitions; empty: all. */
  readonly partitions: readonly string[];
  /** The argument of the command. */
  readonly range: string | undefined;
  /** Takes the result: a JSON document, or text. */
  print(result: string): void;
  /** Takes a note for the user. */
  report(note: string): void;
}

export async function replayToGroup(reset: Reset): Promise<void> {
  const { flags, group, partitions } = reset;
  const from = startOf(reset);
  const mayAsk = !flags.yes && !flags['dry-run'] && !flags.json && canAsk();
  await withLedger(flags, flags.yes || mayAsk ? 'write' : 'read', async (engine, { signal }) => {
    await checkSequence(engine, from);
    const options = { partitions, zone: flags.tz };
    const show = async (plan: CursorPlan, isDone: boolean): Promise<void> =>
      reset.print(flags.json ? safeJson(cursorPlanDocument(group, plan, isDone)) : await cursorPlanText(group, plan));
    if (!flags.yes) {
      const plan = await engine.planCursors(group, from, options);
      await show(plan, false);
      const obstacle = obstacleTo(plan, flags.force, mayAsk);
      const isAgreed = obstacle === null && (await confirm(`reset the offsets of group ${group}?`, signal));
      if (!isAgreed) return reset.report(`nothing was changed${obstacle === null ? '' : `: ${obstacle}`}`);
    }
    // the ledger may have changed since the plan: show what was done
    const done = await engine.setCursors(group, from, { ...options, force: flags.force });
    printOnOutputFailure('the group was reset');
    await show(done, true);
    if (!flags.json) reset.report('done: members continue from there');
  });
}

/** Why the user is not asked; null if the question can be asked. */
function obstacleTo({ liveMembers }: CursorPlan, isForced: boolean, mayAsk: boolean): string | null {
  if (liveMembers.length > 0 && !isForced) return 'members are active; add --force';
  return mayAsk ? null : 'add --yes to apply it';
}

/** @throws LedgerError INVALID_ARGUMENT */
function startOf({ flags, metadata, range }: Reset): StartPoint {
  const given = Object.entries(flags).filter(
    ([name, value]) => value !== undefined && value !== false && !metadata.flags[name]?.setFromDefault,
  );
  const alien = given.map(([name]) => name).find((name) => !FLAGS_OF_A_RESET.includes(name));
  const fact = range === undefined ? alien && `--${alien}` : 'a range';
  if (fact !== undefined) {
    throw new LedgerError('INVALID_ARGUMENT', {
      message: `${fact} cannot be combined with --to-group: an offset reset takes one start position and has no end`,
      hint: 'use --from start, end, a sequence or a time; --partition NAME for some partitions only',
    });
  }
  const from = flags['from-sequence'] ?? flags.from;
  if (from !== undefined) return from;
  throw new LedgerError('INVALID_ARGUMENT', {
    message: '--to-group without --from',
    hint: 'add the start position: --from start, end, a sequence or a time',
  });
}

/** Digits are a sequence here, but an epoch number in other replays. An epoch number taken for a sequence would skip everything. */
async function checkSequence(engine: Completengine, from: StartPoint): Promise<void> {
  if (!/^\d+$/.test(String(from))) return;
  const { sequence: head } = await engine.head();
  if (Number(from) <= head + 1) return;
  throw new LedgerError('INVALID_RANGE', {
    message: `there is no sequence ${from}: the head is at ${head}`,
    hint: 'with --to-group digits are a sequence: write a time as 2026-04-12T09:00:00Z or -2h, and the end as --from end',
  });
}
