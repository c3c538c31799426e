/** `completengine inspect`: shows what a ledger holds, or one event, or checks or verifies the ledger. */

import * as Flags from '@oclif/core/flags';
import { BaseCommand } from '../cli/app/base-command.ts';
import { EXIT_CHECK_FAILED } from '../cli/app/exit-codes.ts';
import { durationFlag } from '../cli/app/flag-kinds.ts';
import { type LedgerFlags, withLedger } from '../cli/app/session.ts';
import { archivedText } from '../cli/archive/archive-text.ts';
import { Progress } from '../cli/emit/progress.ts';
import { checksText } from '../cli/inspect/checks-text.ts';
import { eventText, overviewText } from '../cli/inspect/inspect-text.ts';
import { permissionsText } from '../cli/inspect/permissions-text.ts';
import type { PlateFlags } from '../cli/inspect/plate-file.ts';
import type { Window } from '../cli/inspect/timeline-text.ts';
import { escapeForTerminal } from '../cli/terminal/escape.ts';
import { plural } from '../cli/terminal/format-numbers.ts';
import { Completengine, LedgerError, type LedgerPermissions, parseHead, systemClock } from '../index.ts';
import { type Check, type ChecksDocument, checksDocument, FIGURE_NAMES, parseCheck } from '../views/checks.ts';
import { eventDocument } from '../views/event-document.ts';
import { type OverviewDocument, overviewDocument } from '../views/ledger-document.ts';
import type { TimelineDocument } from '../views/timeline-document.ts';
import { ageMs, timeOrNull } from '../views/times.ts';
import { type VerifyDocument, verifyDocument } from '../views/verify-document.ts';

export default class Inspect extends BaseCommand {
  static override summary = 'Show what a ledger holds, watch it live, or verify it.';
  static override description =
    `--watch shows the ledger section by section on a page that refreshes every second: input, routing, write-ahead log, consumer groups with lag and ETA, and replay. It only reads, a few milliseconds at a time, and no commit waits for it. Press q to quit. In a pipe, or with --json, each refresh is a line of JSON.

--html writes a report as one page to attach or to print: what calls for attention, one time axis, partitions, groups, parked events, commits, storage. It needs no script and no network. --timeline shows the axis here, in at most eight lines.

--metrics prints figures as OpenMetrics text, for node_exporter or a scrape by a script. --check compares figures with limits and exits with 8 if one fails. lag, oldest, parked and members are those of each group, or of one: lag:mailer<1000. idle (time since the last commit), size, wal and warnings are those of the ledger.

--verify checks the whole hash chain and names the first corrupt commit (exit 3). It detects truncation only against a head kept elsewhere: save the head that emit and inspect print, and pass it to --expect-head.`;
  // the usage that oclif generates for exclusive flags is unreadable
  static override usage =
    '<%= command.id %> [-l LEDGER] [--json] [--sequence N | --timeline | --watch [--every DURATION] | --metrics | --check CHECK... | [--html FILE] [--verify] [--expect-head SEQUENCE:HASH] | --permissions]';
  static override enableJsonFlag = true;
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> --sequence 1000',
    '<%= config.bin %> <%= command.id %> --verify --expect-head "$(cat last-head)"',
    '<%= config.bin %> <%= command.id %> --html ledger.html',
    '<%= config.bin %> <%= command.id %> --timeline',
    '<%= config.bin %> <%= command.id %> --watch',
    '<%= config.bin %> <%= command.id %> --watch --every 10s | jq -c .emission.average',
    '<%= config.bin %> <%= command.id %> --json | jq -r .head',
    '<%= config.bin %> <%= command.id %> --metrics > ledger.prom',
    "<%= config.bin %> <%= command.id %> --check 'lag<1000' --check 'oldest:mailer<5m' --check 'wal<64MiB'",
  ];
  static override flags = {
    sequence: Flags.integer({
      description: 'show one event',
      helpValue: 'N',
      exclusive: ['verify', 'expect-head'],
    }),
    watch: Flags.boolean({
      description: 'show a live page; JSON lines in a pipe or with --json',
      exclusive: ['sequence', 'verify', 'expect-head'],
    }),
    every: durationFlag({ description: 'refresh interval; default 1s', dependsOn: ['watch'] }),
    html: Flags.string({
      description: 'write a report as one page that needs no network; - is standard output',
      helpValue: 'FILE',
      exclusive: ['sequence', 'watch', 'permissions', 'timeline'],
    }),
    timeline: Flags.boolean({
      description: 'show events, epochs, late events and groups over time; JSON in a pipe or with --json',
      exclusive: ['sequence', 'watch', 'permissions', 'verify', 'expect-head'],
    }),
    metrics: Flags.boolean({
      description: 'print the figures as OpenMetrics text',
      exclusive: ['sequence', 'watch', 'html', 'timeline', 'verify', 'expect-head', 'json'],
    }),
    check: Flags.string({
      description: `exit 8 unless this holds; also <= > >= =. Figures: ${FIGURE_NAMES.join(', ')}. Repeated: all must hold`,
      helpValue: 'FIGURE<LIMIT',
      multiple: true,
      multipleNonGreedy: true,
      exclusive: ['sequence', 'watch', 'html', 'timeline', 'verify', 'expect-head', 'metrics'],
    }),
    permissions: Flags.boolean({
      description: 'show what accounts on NATS need to read, to write, for groups and to create the ledger',
      exclusive: ['sequence', 'watch', 'metrics', 'check', 'verify', 'expect-head'],
    }),
    verify: Flags.boolean({ description: 'verify the whole hash chain' }),
    'expect-head': Flags.string({
      description: 'fail unless the ledger extends this head; implies --verify',
      helpValue: 'SEQUENCE:HASH',
    }),
  };

  async run(): Promise<object | undefined> {
    const { flags } = await this.parse(Inspect);
    if (flags.watch) return this.#watch(flags);
    if (flags.permissions) return this.#permissions(flags.ledger);
    if (flags.html !== undefined) return this.#html(flags, flags.html);
    if (flags.timeline) return this.#timeline(flags);
    const checks = flags.check?.map(parseCheck);
    const isVerifying = flags.verify || flags['expect-head'] !== undefined;
    if (flags['expect-head'] !== undefined) parseHead(flags['expect-head']);
    try {
      return await withLedger(flags, 'read', async (engine, interrupt) => {
        if (isVerifying) return this.#verify(engine, flags['expect-head'], interrupt.signal);
        if (flags.sequence !== undefined) {
          const event = eventDocument(await engine.event(flags.sequence));
          this.log(eventText(event, process.stdout.isTTY === true));
          return event;
        }
        if (flags.metrics) return this.#metrics(engine);
        if (checks !== undefined) return this.#check(engine, checks);
        const overview = await overviewOf(engine);
        this.log(await overviewText(overview));
        if (overview.archived.length > 0) this.log(`\n${await archivedText(overview.archived)}`);
        return overview;
      });
    } catch (error) {
      throw isVerifying ? asVerificationFailure(error) : error;
    }
  }

  /** Returns no document: each refresh is printed as it is taken. */
  async #watch(flags: LedgerFlags & { readonly every: string | undefined }): Promise<undefined> {
    const { everyMsOf, watch } = await import('../cli/watch/watch.ts');
    const options = { everyMs: everyMsOf(flags.every), isJson: this.jsonEnabled() };
    await withLedger(flags, 'read', (engine, interrupt) => watch(engine, interrupt, options));
  }

  /** Returns no document: the page is the document. */
  async #html(flags: LedgerFlags & PlateFlags, file: string): Promise<undefined> {
    const { checkPlateFile, writePlate } = await import('../cli/inspect/plate-file.ts');
    checkPlateFile(file, { ledger: flags.ledger, isJson: this.jsonEnabled() });
    if (flags['expect-head'] !== undefined) parseHead(flags['expect-head']);
    const report = await withLedger(flags, 'read', (engine, { signal }) =>
      writePlate(engine, file, { ...flags, signal }),
    );
    if (file === '-') this.log(report.page.trimEnd());
    else this.logToStderr(report.summary);
    if (report.failure !== null) throw report.failure;
  }

  async #timeline(flags: LedgerFlags): Promise<TimelineDocument> {
    const { timelineOf } = await import('../cli/inspect/timeline.ts');
    const isText = process.stdout.isTTY === true && !this.jsonEnabled();
    const { document, text } = await withLedger(flags, 'read', (engine, { signal }) =>
      timelineOf(engine, isText ? windowOf(process.stdout) : null, signal),
    );
    if (text !== null) this.log(text);
    else if (!this.jsonEnabled()) this.log(JSON.stringify(document, null, 2));
    return document;
  }

  /** Asks no server: they may refuse the account for now. */
  async #permissions(ledger: string): Promise<LedgerPermissions> {
    const permissions = await Completengine.permissions(ledger);
    this.log(permissionsText(permissions));
    return permissions;
  }

  /** Everything is read before the first line is printed. */
  async #metrics(engine: Completengine): Promise<undefined> {
    const { metricsText } = await import('../views/metrics.ts');
    const { committedAt } = await engine.gauges();
    const text = metricsText(await overviewOf(engine), timeOrNull(committedAt)).slice(0, -1);
    this.log(process.stdout.isTTY === true ? text.split('\n').map(escapeForTerminal).join('\n') : text);
  }

  async #check(engine: Completengine, checks: readonly Check[]): Promise<ChecksDocument> {
    const { committedAt } = await engine.gauges();
    const lastCommitAgeMs = ageMs(committedAt, systemClock.nowMicros());
    const checked = checksDocument(checks, { ledger: await overviewOf(engine), lastCommitAgeMs });
    this.log(checksText(checked));
    if (!checked.isMet) process.exitCode = EXIT_CHECK_FAILED;
    return checked;
  }

  async #verify(
    engine: Completengine,
    expectHead: string | undefined,
    signal: AbortSignal,
  ): Promise<VerifyDocument | object> {
    const progress = new Progress(null, this.jsonEnabled());
    try {
      const verified = await engine.verify({
        expectHead,
        signal,
        onProgress: ({ events }) => progress.update({ inputBytes: 0, events }),
      });
      progress.stop();
      const report = verifyDocument(verified);
      const since = report.from === 1 ? '' : ` from sequence ${report.from} on, what is before it was not verified`;
      const anchor = report.isAnchored ? 'extends the expected head' : 'truncation not checked (use --expect-head)';
      this.log(
        `OK: ${plural(report.events, 'event')} in ${plural(report.commits, 'commit')}${since}; head ${report.head}; ${anchor}`,
      );
      return report;
    } catch (error) {
      if (!signal.aborted) throw error;
      this.logToStderr('interrupted: the ledger was not fully verified');
      return {};
    } finally {
      progress.stop();
    }
  }
}

function windowOf({ columns, rows }: NodeJS.WriteStream): Window {
  const { LC_ALL, LC_CTYPE, LANG } = process.env;
  const locale = LC_ALL || LC_CTYPE || LANG || '';
  return { columns, rows, isUnicode: process.platform === 'win32' || /utf-?8/i.test(locale) };
}

async function overviewOf(engine: Completengine): Promise<OverviewDocument> {
  const description = await engine.inspect();
  const groups = await engine.groups();
  return overviewDocument(description, groups, await engine.archivedRuns(), systemClock.nowMicros());
}

/** With --verify a file that cannot be opened as a ledger has failed verification: exit 3, not 76. The hint of DAMAGED_LEDGER is `inspect --verify`, so it is replaced here. */
function asVerificationFailure(error: unknown): unknown {
  if (!(error instanceof LedgerError) || error.cause === undefined) return error;
  if (error.code !== 'NOT_A_LEDGER' && error.code !== 'DAMAGED_LEDGER') return error;
  const hint =
    error.code === 'DAMAGED_LEDGER'
      ? 'restore an intact copy, or recover what is still readable: sqlite3 FILE .recover; if this is a copy of a ledger in use, make it with: completengine backup FILE'
      : error.hint;
  return new LedgerError('VERIFICATION_FAILED', { message: error.message, hint, details: error.details, cause: error });
}
