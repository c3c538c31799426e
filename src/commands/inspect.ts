/** `completengine inspect`: shows what a ledger holds, or one event, or checks or verifies the ledger. */

import * as Flags from '@oclif/core/flags';
import { BaseCommand } from '../cli/app/base-command.ts';
import { durationFlag } from '../cli/app/flag-kinds.ts';
import { type LedgerFlags, withLedger } from '../cli/app/session.ts';
import { UsageError } from '../cli/app/usage-error.ts';
import type { CosignFlags } from '../cli/checkpoint/cosign.ts';
import { checkpointFlags } from '../cli/checkpoint/inspect-flags.ts';
import type { ProofFlags } from '../cli/checkpoint/proof.ts';
import type { SignFlags } from '../cli/checkpoint/sign.ts';
import type { CheckpointRequest, TrustFlags } from '../cli/checkpoint/trust.ts';
import { checkLedger } from '../cli/inspect/check.ts';
import { checksText } from '../cli/inspect/checks-text.ts';
import { eventText, overviewText } from '../cli/inspect/inspect-text.ts';
import { overviewOf } from '../cli/inspect/overview.ts';
import { parseCheck } from '../cli/inspect/parse-check.ts';
import { permissionsText } from '../cli/inspect/permissions-text.ts';
import type { PlateFlags } from '../cli/inspect/plate-file.ts';
import type { Window } from '../cli/inspect/timeline-text.ts';
import {
  asVerificationFailure,
  checkWithoutLedger,
  type VerifyRequest,
  verifyLedger,
  verifyText,
} from '../cli/inspect/verify.ts';
import { shownZoneFlag } from '../cli/range/range-flags.ts';
import { type ShownClock, shownClock } from '../cli/terminal/shown-clock.ts';
import { Completengine, type LedgerPermissions, parseHead } from '../index.ts';
import type { CheckpointDocument, CosignatureDocument } from '../views/checkpoint-document.ts';
import { FIGURE_NAMES } from '../views/checks.ts';
import { eventDocument } from '../views/event-document.ts';
import type { TimelineDocument } from '../views/timeline-document.ts';

/** Flags of what is shown in other ways. */
const VIEWS = ['sequence', 'watch', 'html', 'timeline', 'metrics', 'check', 'permissions'];

export default class Inspect extends BaseCommand {
  static override summary = 'Show what a ledger holds, watch it live, or verify it.';
  static override description =
    `--watch shows the ledger section by section on a page that refreshes every second: input, routing, write-ahead log, consumer groups with lag and ETA, and replay. It only reads, a few milliseconds at a time, and no commit waits for it. Press q to quit. In a pipe, or with --json, each refresh is a line of JSON.

--html writes a report as one page to attach or to print: what calls for attention, one time axis, partitions, groups, parked events, commits, storage. It needs no script and no network. --timeline shows the axis here, in at most eight lines.

--metrics prints figures as OpenMetrics text, for node_exporter or a scrape by a script. --check compares figures with limits and exits with 8 if one fails. lag, oldest, parked and members are those of each group, or of one: lag:mailer<1000. idle (time since the last commit), size, wal and warnings are those of the ledger.

--verify checks the whole hash chain and names the first corrupt commit (exit 3). It detects truncation only against a head kept elsewhere: save the head that emit and inspect print, and pass it to --expect-head.

--sign signs the head with an Ed25519 key and prints the checkpoint, a signed note of C2SP; with --checkpoint it also appends it to a file. --verify --checkpoint proves that the ledger extends every checkpoint of the file, and that each is signed by a trusted key. It also names one that was removed between two others, and two that contradict each other.

--cosign is for a witness, on another machine that can read the ledger or a copy. It verifies as --verify does. It prints the checkpoints since its last cosignature, and cosigns the last of them.

--sequence N --proof prints a proof that this event is in the ledger, which completengine proof verifies without the ledger.`;
  // the usage that oclif generates for exclusive flags is unreadable
  static override usage =
    '<%= command.id %> [-l LEDGER] [--json] [--tz ZONE] [--sequence N [--proof (--checkpoint FILE | --sign KEYFILE)] | --timeline | --watch [--every DURATION] | --metrics | --check CHECK... [-q] | [--html FILE] [--verify] [--expect-head SEQUENCE:HASH] [--checkpoint FILE... --public-key KEYFILE... [--witnesses N]] | --sign KEYFILE [--name NAME] [--next-key KEYFILE] [--checkpoint FILE] | --cosign KEYFILE --checkpoint FILE... --public-key KEYFILE... [--name NAME] [--state FILE] | --permissions]';
  static override enableJsonFlag = true;
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> --sequence 1000',
    '<%= config.bin %> <%= command.id %> --verify --expect-head "$(cat last-head)"',
    '<%= config.bin %> <%= command.id %> --sign log.pem >> checkpoints',
    '<%= config.bin %> <%= command.id %> --verify --checkpoint checkpoints --public-key log.pub',
    '<%= config.bin %> <%= command.id %> --html ledger.html',
    '<%= config.bin %> <%= command.id %> --timeline --tz Europe/Berlin',
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
    quiet: Flags.boolean({
      char: 'q',
      description: 'with --check: print nothing, the exit code says it',
      dependsOn: ['check'],
    }),
    ...shownZoneFlag('metrics', 'check', 'permissions'),
    permissions: Flags.boolean({
      description: 'show what accounts on NATS need to read, to write, for groups and to create the ledger',
      exclusive: ['sequence', 'watch', 'metrics', 'check', 'verify', 'expect-head'],
    }),
    ...checkpointFlags(VIEWS),
    verify: Flags.boolean({ description: 'verify the whole hash chain' }),
    'expect-head': Flags.string({
      description: 'fail unless the ledger extends this head; implies --verify',
      helpValue: 'SEQUENCE:HASH',
    }),
  };

  async run(): Promise<object | undefined> {
    const { flags } = await this.parse(Inspect);
    const clock = await shownClock(flags.tz);
    if (flags.watch) return this.#watch(flags, clock);
    if (flags.permissions) return this.#permissions(flags.ledger);
    if (flags.html !== undefined) return this.#html(flags, flags.html, clock);
    if (flags.timeline) return this.#timeline(flags, clock);
    if (flags.proof) return this.#proof(flags, flags.sequence as number);
    if (flags.sign !== undefined) return this.#sign(flags, flags.sign);
    if (flags.cosign !== undefined) return this.#cosign(flags, flags.cosign);
    if (flags.name !== undefined)
      throw new UsageError('--name is the name of a key that signs', 'add --sign or --cosign KEYFILE');
    const checks = flags.check?.map(parseCheck);
    const isVerifying = flags.verify || flags['expect-head'] !== undefined;
    const trust = await this.#trust(flags, isVerifying);
    if (flags['expect-head'] !== undefined) parseHead(flags['expect-head']);
    try {
      return await withLedger(flags, 'read', async (engine, interrupt) => {
        if (isVerifying)
          return this.#verify(engine, { expectHead: flags['expect-head'], trust, signal: interrupt.signal });
        if (flags.sequence !== undefined) {
          const event = eventDocument(await engine.event(flags.sequence));
          this.log(eventText(event, process.stdout.isTTY === true, clock));
          return event;
        }
        if (flags.metrics) {
          const { metricsOf } = await import('../cli/inspect/metrics.ts');
          this.log(await metricsOf(engine, process.stdout.isTTY === true));
          return undefined;
        }
        if (checks !== undefined) {
          const checked = await checkLedger(engine, checks);
          if (!flags.quiet) this.log(checksText(checked, clock));
          return checked;
        }
        const overview = await overviewOf(engine, { late: true, signal: interrupt.signal });
        this.log(await overviewText(overview, clock));
        return overview;
      });
    } catch (error) {
      await checkWithoutLedger(trust);
      throw isVerifying ? asVerificationFailure(error) : error;
    }
  }

  /** Returns no document: each refresh is printed as it is taken. */
  async #watch(flags: LedgerFlags & { readonly every: string | undefined }, clock: ShownClock): Promise<undefined> {
    const { everyMsOf, watch } = await import('../cli/watch/watch.ts');
    const options = { everyMs: everyMsOf(flags.every), isJson: this.jsonEnabled(), clock };
    await withLedger(flags, 'read', (engine, interrupt) => watch(engine, interrupt, options));
  }

  /** Returns no document: the page is the document. */
  async #html(flags: LedgerFlags & PlateFlags, file: string, clock: ShownClock): Promise<undefined> {
    const { checkPlateFile, writePlate } = await import('../cli/inspect/plate-file.ts');
    checkPlateFile(file, { ledger: flags.ledger, isJson: this.jsonEnabled() });
    if (flags['expect-head'] !== undefined) parseHead(flags['expect-head']);
    const report = await withLedger(flags, 'read', (engine, { signal }) =>
      writePlate(engine, file, { ...flags, clock, signal }),
    );
    if (file === '-') this.log(report.page.trimEnd());
    else this.logToStderr(report.summary);
    if (report.failure !== null) throw report.failure;
  }

  async #sign(flags: LedgerFlags & SignFlags, key: string): Promise<CheckpointDocument> {
    const { signHead } = await import('../cli/checkpoint/sign.ts');
    const signed = await signHead(flags, key);
    this.log(signed.note.trimEnd());
    this.logToStderr(`signed by ${signed.verifierKey}`);
    return signed;
  }

  /** Returns no document: the proof is the document. */
  async #proof(flags: LedgerFlags & ProofFlags, sequence: number): Promise<undefined> {
    const { proofOf } = await import('../cli/checkpoint/proof.ts');
    const { text, summary } = await proofOf(flags, sequence);
    this.log(text.trimEnd());
    this.logToStderr(summary);
  }

  async #cosign(flags: LedgerFlags & CosignFlags, key: string): Promise<CosignatureDocument> {
    const { cosignLast } = await import('../cli/checkpoint/cosign.ts');
    const cosigned = await cosignLast(flags, key, this.jsonEnabled());
    this.log(cosigned.notes.trimEnd());
    const isFirst = cosigned.isFirst ? '; its first cosignature, with nothing to compare with' : '';
    this.logToStderr(`cosigned by ${cosigned.verifierKey}${isFirst}`);
    return cosigned;
  }

  async #trust(flags: TrustFlags, isVerifying: boolean): Promise<CheckpointRequest | null> {
    if (flags.checkpoint === undefined) return null;
    if (!isVerifying)
      throw new UsageError('checkpoints are verified or signed', 'add --verify, --sign KEYFILE or --cosign KEYFILE');
    const { readTrust } = await import('../cli/checkpoint/trust.ts');
    return readTrust(flags);
  }

  async #timeline(flags: LedgerFlags, clock: ShownClock): Promise<TimelineDocument> {
    const { timelineOf } = await import('../cli/inspect/timeline.ts');
    const isText = process.stdout.isTTY === true && !this.jsonEnabled();
    const { document, text } = await withLedger(flags, 'read', (engine, { signal }) =>
      timelineOf(engine, isText ? windowOf(process.stdout) : null, clock, signal),
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

  async #verify(engine: Completengine, request: Omit<VerifyRequest, 'isQuiet'>): Promise<object> {
    const report = await verifyLedger(engine, { ...request, isQuiet: this.jsonEnabled() });
    if (report !== null) this.log(verifyText(report));
    else this.logToStderr('interrupted: the ledger was not fully verified');
    return report ?? {};
  }
}

function windowOf({ columns, rows }: NodeJS.WriteStream): Window {
  const { LC_ALL, LC_CTYPE, LANG } = process.env;
  const locale = LC_ALL || LC_CTYPE || LANG || '';
  return { columns, rows, isUnicode: process.platform === 'win32' || /utf-?8/i.test(locale) };
}
