/** `replay --to-group`: steps a consumer group elsewhere, so that whoever consumes gets history again. The plan is shown first, and done on request. */

import { type Completengine, type CursorPlan, LedgerError, type StartPoint } from '../../index.ts';
import { safeJson } from '../app/safe-json.ts';
import { type LedgerFlags, withLedger } from '../app/session.ts';
import { canAsk, confirm } from '../terminal/confirm.ts';
import { sayOnOutputFailure } from '../terminal/guard-output.ts';
import { cursorPlanDocument, cursorPlanText } from './cursor-plan-text.ts';
import type { GivenFlags } from './resume-command.ts';

/** What a group can be told: the rest of the flags shape a telling, and a group's consumers go on to the present by themselves. */
const FLAGS_OF_A_STEP = [
  'ledger',
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

interface StepFlags extends LedgerFlags {
  readonly from?: string | undefined;
  readonly 'from-sequence'?: number | undefined;
  readonly tz?: string | undefined;
  readonly 'dry-run': boolean;
  readonly yes: boolean;
  readonly force: boolean;
  readonly json: boolean;
}

export interface Step extends GivenFlags {
  readonly flags: GivenFlags['flags'] & StepFlags;
  readonly group: string;
  /** Names of partitions; none: all. */
  readonly partitions: readonly string[];
  /** The argument of the command. */
  readonly range: string | undefined;
  /** Takes the result: one document, or text. */
  print(result: string): void;
  /** Takes what is to be known beside it. */
  report(note: string): void;
}

export async function replayToGroup(step: Step): Promise<void> {
  const { flags, group, partitions } = step;
  const from = startOf(step);
  const mayAsk = !flags.yes && !flags['dry-run'] && !flags.json && canAsk();
  await withLedger(flags, flags.yes || mayAsk ? 'write' : 'read', async (engine, { signal }) => {
    await checkSequence(engine, from);
    const options = { partitions, zone: flags.tz };
    const show = async (plan: CursorPlan, isDone: boolean): Promise<void> =>
      step.print(flags.json ? safeJson(cursorPlanDocument(group, plan, isDone)) : await cursorPlanText(group, plan));
    if (!flags.yes) {
      const plan = await engine.planCursors(group, from, options);
      await show(plan, false);
      const obstacle = obstacleTo(plan, flags.force, mayAsk);
      const isAgreed = obstacle === null && (await confirm(`reset the offsets of group ${group}?`, signal));
      if (!isAgreed) return step.report(`nothing was changed${obstacle === null ? '' : `: ${obstacle}`}`);
    }
    // what was planned may have changed since: what was done is told
    const done = await engine.setCursors(group, from, { ...options, force: flags.force });
    sayOnOutputFailure('the group was reset');
    await show(done, true);
    if (!flags.json) step.report('done: members continue from there');
  });
}

/** What is to be told in place of a question; null where it can be asked. */
function obstacleTo({ liveMembers }: CursorPlan, isForced: boolean, mayAsk: boolean): string | null {
  if (liveMembers.length > 0 && !isForced) return 'members are active; add --force';
  return mayAsk ? null : 'add --yes to apply it';
}

/** @throws LedgerError INVALID_ARGUMENT */
function startOf({ flags, metadata, range }: Step): StartPoint {
  const given = Object.entries(flags).filter(
    ([name, value]) => value !== undefined && value !== false && !metadata.flags[name]?.setFromDefault,
  );
  const alien = given.map(([name]) => name).find((name) => !FLAGS_OF_A_STEP.includes(name));
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

/** Digits mean a sequence here and an epoch number in other replays: taken for the one, the other would skip everything. */
async function checkSequence(engine: Completengine, from: StartPoint): Promise<void> {
  if (!/^\d+$/.test(String(from))) return;
  const { sequence: head } = await engine.head();
  if (Number(from) <= head + 1) return;
  throw new LedgerError('INVALID_RANGE', {
    message: `there is no sequence ${from}: the head is at ${head}`,
    hint: 'with --to-group digits are a sequence: write a time as 2026-04-12T09:00:00Z or -2h, and the end as --from end',
  });
}
