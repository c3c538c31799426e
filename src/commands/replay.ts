/** `completengine replay`: replays a range of events. */

import * as Args from '@oclif/core/args';
import { argumentsInOrder } from '../cli/app/arguments.ts';
import { BaseCommand } from '../cli/app/base-command.ts';
import { busyTimeoutOf } from '../cli/app/durations.ts';
import { safeJson } from '../cli/app/safe-json.ts';
import { withLedger } from '../cli/app/session.ts';
import { checkArguments, readArguments } from '../cli/range/arguments.ts';
import { completeOutput } from '../cli/replay/complete-output.ts';
import { DigestCheck } from '../cli/replay/digest-check.ts';
import { FLAGS_OF_A_RUN, replayFlags, replayRequest } from '../cli/replay/flags.ts';
import { openInto } from '../cli/replay/into.ts';
import { resumeCommand } from '../cli/replay/resume-command.ts';
import { runReplay } from '../cli/replay/run.ts';
import { dryRunLine, replayLine } from '../cli/replay/text.ts';
import { CursorFile } from '../cli/state/cursor-file.ts';
import { refuseTakenFiles } from '../cli/state/taken-files.ts';
import { appendFlags, outputText } from '../cli/terminal/output.ts';
import { outputSync } from '../cli/terminal/output-sync.ts';
import { type ShownClock, shownClock } from '../cli/terminal/shown-clock.ts';
import type { Completengine, ReplayOptions } from '../index.ts';
import { dryRunDocument, replayDocument } from '../views/replay-document.ts';

export default class Replay extends BaseCommand {
  static override summary = 'Replay a range of events in order.';
  static override description =
    `The range is fixed when the replay starts. Events come in ledger order, byte for byte. Strict replay verifies the hash chain while it reads and outputs nothing of a corrupt commit (exit 3).
Times are RFC 3339, dates, epoch numbers, now, today, yesterday, 02:00, 'yesterday 23:50' or -2h. A date means the whole day: --through 2026-04-12 includes it. RANGE is a day or an ISO interval.
At a speed other than max, on a terminal: space pauses, q quits. An interrupted replay prints the command that resumes it.`;
  static override strict = false;
  static override usage = [
    '<%= command.id %> [RANGE | --from PLACE] [--through TIME] [PARTITION...] [--key KEY] [--where PATH=VALUE] [--speed SPEED] [-f]',
    '<%= command.id %> [RANGE] --into LEDGER | --exec CMD | --dry-run',
  ];
  static override examples = [
    '<%= config.bin %> <%= command.id %> > all.jsonl',
    '<%= config.bin %> <%= command.id %> 2026-04-12T09:00Z/PT8H30M --speed 60 | ./dashboard',
    '<%= config.bin %> <%= command.id %> 02:00/02:20 --tz Europe/Berlin > night.jsonl',
    '<%= config.bin %> <%= command.id %> 2026-04-12 p3 --where "amount>=100"',
    '<%= config.bin %> <%= command.id %> yesterday --digest-file yesterday.digest > yesterday.jsonl',
    '<%= config.bin %> <%= command.id %> --into repartitioned.codex --routing hash:tenant --partitions 16',
    '<%= config.bin %> <%= command.id %> --follow --exec ./import.sh --cursor-file import.cursor',
  ];
  // without ignoreStdin oclif reads the argument from a pipe
  static override args = {
    range: Args.string({
      description: 'a day, or an ISO interval: START/END, START/DURATION; and partitions to read, default all',
      required: false,
      ignoreStdin: true,
    }),
  };
  static override flags = replayFlags;

  async run(): Promise<void> {
    const given = await this.parse(Replay);
    const { flags } = given;
    const { routing } = flags;
    const selected = readArguments(argumentsInOrder(given.raw), flags.partition);
    refuseTaken(flags);
    const check = new DigestCheck(flags['expect-digest'], flags['digest-file']);
    const cursor = flags['cursor-file'] === undefined ? null : new CursorFile(flags['cursor-file'], outputSync());
    const { into, exec, json, quiet } = flags;
    const clock = await shownClock(flags.tz);
    await withLedger(flags, 'read', async (engine, interrupt) => {
      checkArguments(selected, engine);
      const asked = replayRequest(flags, selected);
      if (flags['dry-run']) return this.#dryRun(engine, { ...asked, signal: interrupt.signal }, json, clock);
      const request = cursor?.resume(engine.identity.uuid, asked, outputText(flags)) ?? asked;
      if (cursor?.isAtEnd) {
        if (exec === undefined) await completeOutput(cursor, flags, interrupt.signal);
        return this.logToStderr(`nothing left to replay: ${flags['cursor-file']} is at the end of the range`);
      }
      const busyTimeoutMs = busyTimeoutOf(flags);
      const { report, error, rest, isReaderGone } = await runReplay(engine, interrupt, {
        request,
        isStepping: flags.step,
        isQuiet: quiet || json,
        cursor,
        into:
          into === undefined
            ? null
            : (signal) =>
                openInto({ into, routing, partitions: flags.partitions, busyTimeoutMs, signal }, engine.identity),
        exec,
        output: flags,
      });
      if (report !== null && json) this.#print(safeJson(replayDocument(report)), into !== undefined);
      else if (report !== null && !quiet)
        this.logToStderr(await replayLine(engine, report, { filter: asked, isReaderGone, clock }));
      if (rest !== null && (into !== undefined || cursor !== null))
        this.logToStderr('run the same command again to resume');
      else if (rest !== null) {
        const left = rest.limit === null ? [] : ['--limit', String(rest.limit)];
        const added = [...left, ...(rest.isBegun && exec === undefined ? await appendFlags(flags) : [])];
        this.logToStderr(
          `resume with: ${resumeCommand('replay', { ...given, words: selected.positional }, { dropped: FLAGS_OF_A_RUN, added }, rest)}`,
        );
      }
      if (error !== undefined) throw error;
      if (report !== null) check.apply(report);
    });
  }

  async #dryRun(engine: Completengine, request: ReplayOptions, isDocument: boolean, clock: ShownClock): Promise<void> {
    const report = await engine.dryRun(request);
    if (isDocument) this.#print(safeJson(dryRunDocument(report)), true);
    else this.logToStderr(await dryRunLine(engine, report, { filter: request, clock }));
  }

  /** The document is the output where no event is. */
  #print(document: string, isOutput: boolean): void {
    if (isOutput) this.log(document);
    else this.logToStderr(document);
  }
}

/** @throws LedgerError INVALID_ARGUMENT */
function refuseTaken({
  ledger,
  into,
  ...flags
}: {
  ledger: string;
  into?: string | undefined;
  'cursor-file'?: string | undefined;
  'digest-file'?: string | undefined;
}): void {
  refuseTakenFiles({ ledgers: [ledger], outputs: { into } });
  const outputs = { 'cursor-file': flags['cursor-file'], 'digest-file': flags['digest-file'] };
  refuseTakenFiles({ ledgers: into === undefined ? [ledger] : [ledger, into], outputs });
}
