/** `replay --to-group`: resets the offsets of a consumer group, so that its members receive history again. Prints a plan, and applies it on request. */

import { type Completengine, type CursorPlan, LedgerError } from '../../index.ts';
import { safeJson } from '../app/safe-json.ts';
import { type LedgerFlags, withLedger } from '../app/session.ts';
import { startOptions } from '../range/range-flags.ts';
import { canAsk, confirm } from '../terminal/confirm.ts';
import { printOnOutputFailure } from '../terminal/guard-output.ts';
import { cursorPlanDocument, cursorPlanText } from './cursor-plan-text.ts';
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
  checkFlags(reset);
  const mayAsk = !flags.yes && !flags['dry-run'] && !flags.json && canAsk();
  await withLedger(flags, flags.yes || mayAsk ? 'write' : 'read', async (engine, { signal }) => {
    await checkSequence(engine, flags['from-sequence']);
    const options = { ...startOptions(flags), partitions };
    const show = async (plan: CursorPlan, isDone: boolean): Promise<void> =>
      reset.print(flags.json ? safeJson(cursorPlanDocument(group, plan, isDone)) : await cursorPlanText(group, plan));
    if (!flags.yes) {
      const plan = await engine.planCursors(group, options);
      await show(plan, false);
      const obstacle = obstacleTo(plan, flags.force, mayAsk);
      const isAgreed = obstacle === null && (await confirm(`reset the offsets of group ${group}?`, signal));
      if (!isAgreed) return reset.report(`nothing was changed${obstacle === null ? '' : `: ${obstacle}`}`);
    }
    // the ledger may have changed since the plan: show what was done
    const done = await engine.setCursors(group, { ...options, force: flags.force });
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
function checkFlags({ flags, metadata, range }: Reset): void {
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
  if (flags.from !== undefined || flags['from-sequence'] !== undefined) return;
  throw new LedgerError('INVALID_ARGUMENT', {
    message: '--to-group without --from',
    hint: 'add the start position: --from start, end, a sequence or a time',
  });
}

/** A sequence past the end would skip everything. */
async function checkSequence(engine: Completengine, sequence: number | undefined): Promise<void> {
  if (sequence === undefined) return;
  const { sequence: head } = await engine.head();
  if (sequence <= head + 1) return;
  throw new LedgerError('INVALID_RANGE', {
    message: `there is no sequence ${sequence}: the head is at ${head}`,
    hint: 'to skip everything: --from end',
  });
}
