/** `completengine archive`: moves the old end of a ledger into a segment, or drops it. Prints a plan, and carries it out on request. */

import * as Flags from '@oclif/core/flags';
import { type Decision, isAgreed, mayApply } from '../cli/app/apply-plan.ts';
import { BaseCommand } from '../cli/app/base-command.ts';
import { withLedger } from '../cli/app/session.ts';
import { aheadOfClock } from '../cli/archive/ahead.ts';
import { planText, reportText } from '../cli/archive/archive-text.ts';
import { ArchiveProgressLine } from '../cli/archive/progress.ts';
import { outsideText } from '../cli/range/nothing-found.ts';
import { endFlags, endOptions, limitFlag, zoneFlag } from '../cli/range/range-flags.ts';
import { printOnOutputFailure } from '../cli/terminal/guard-output.ts';
import { shownClock } from '../cli/terminal/shown-clock.ts';
import type { ArchiveOptions, ArchivePlan, Completengine } from '../index.ts';
import { archivePlanDocument, archiveReportDocument } from '../views/archive-document.ts';

export default class Archive extends BaseCommand {
  static override summary = 'Move old history into a segment, or drop it.';
  static override description =
    `The oldest commits, through the end of the range, move into a segment: one compressed, read-only file in the directory LEDGER.archive. Replay, tail, inspect and consumer groups read it as if nothing had moved, and the hash chain stays provable. The last commit always stays.

Without --yes it prints the plan. The segment is synced and verified from the disk before anything is deleted. Emitters and consumers continue meanwhile. An interrupted run is finished by the next one. With --drop there is no segment: the events are gone, and only the chain hash of their end is kept.`;
  static override usage =
    '<%= command.id %> --until TIME | --through TIME | --through-sequence N | --limit N [-l FILE] [--to DIR | --drop] [--force] [--yes] [--json]';
  static override enableJsonFlag = true;
  static override examples = [
    '<%= config.bin %> <%= command.id %> --until 2026-01-01',
    '<%= config.bin %> <%= command.id %> --until -90d --yes',
    '<%= config.bin %> <%= command.id %> --until -90d --to /mnt/archive --yes',
    '<%= config.bin %> <%= command.id %> --until -1y --drop --yes',
    '<%= config.bin %> replay -l events.codex.archive/3f2a9c01-000000000001-000000900000.segment',
  ];
  static override flags = {
    ...endFlags,
    ...limitFlag('at most N events'),
    ...zoneFlag,
    to: Flags.string({
      description: 'directory of the segment, which must exist; reading it needs --archive DIR',
      helpValue: 'DIR',
      exclusive: ['drop'],
    }),
    drop: Flags.boolean({ description: 'delete without a segment' }),
    force: Flags.boolean({ description: 'move the offsets of groups that have not read all of it' }),
    yes: Flags.boolean({ description: 'do it; without it only the plan is printed' }),
  };

  async run(): Promise<object | undefined> {
    const { flags } = await this.parse(Archive);
    const { to, drop, force, yes } = flags;
    const options = { ...endOptions(flags), to, drop, force };
    const isJson = this.jsonEnabled();
    const decision = { yes, force, isJson };
    const clock = await shownClock(flags.tz);
    return withLedger(flags, mayApply(decision) ? 'write' : 'read', async (engine, { signal }) => {
      const plan = await engine.planArchive(options);
      const isByTime = flags.until !== undefined || flags.through !== undefined;
      const ahead = isByTime ? await aheadOfClock(engine, plan) : null;
      if (!isJson) {
        // what was archived before explains only that there is nothing left
        const runs = plan.range === null ? await engine.archivedRuns() : [];
        const isAll = plan.range !== null || plan.keepsLast || runs.length > 0;
        const outside = isAll ? null : await outsideText(engine, await engine.range(endOptions(flags)), clock);
        this.log(planText(plan, { drop, ahead, runs, outside, clock }));
      }
      if (!yes && !(await this.#isAgreed(plan, decision, signal))) return archivePlanDocument(plan);
      return this.#archive(engine, options, signal);
    });
  }

  /** Whether the user wants the plan to be carried out. */
  async #isAgreed(plan: ArchivePlan, decision: Decision, signal: AbortSignal): Promise<boolean> {
    if (plan.range === null && plan.leftover === 0) return false;
    const obstacle = plan.groupsBehind.length > 0 ? 'groups have not read all of it' : null;
    const report = (note: string) => decision.isJson || this.logToStderr(note);
    return isAgreed({ obstacle, question: 'do it?', report }, decision, signal);
  }

  async #archive(engine: Completengine, options: ArchiveOptions, signal: AbortSignal): Promise<object> {
    const line = new ArchiveProgressLine(this.jsonEnabled());
    try {
      const report = await engine.archive({ ...options, signal, onProgress: (progress) => line.update(progress) });
      line.stop();
      if (report.range !== null) printOnOutputFailure('the archive was made');
      if (!this.jsonEnabled()) this.logToStderr(reportText(report));
      return archiveReportDocument(report);
    } catch (error) {
      if (!signal.aborted) throw error;
      this.logToStderr('interrupted: nothing is lost; run the same command again to finish');
      return {};
    } finally {
      line.stop();
    }
  }
}
