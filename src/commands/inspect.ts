/** `completengine inspect`: what a ledger holds, one event, or a proof that it is sound. */

import * as Flags from '@oclif/core/flags';
import { BaseCommand } from '../cli/app/base-command.ts';
import { type LedgerFlags, withLedger } from '../cli/app/session.ts';
import { Progress } from '../cli/emit/progress.ts';
import { groupDocument, groupsText } from '../cli/inspect/groups-text.ts';
import { eventDocument, eventText, overviewDocument, overviewText } from '../cli/inspect/inspect-text.ts';
import { plural } from '../cli/terminal/format-numbers.ts';
import { type Completengine, formatHead, LedgerError, parseHead, systemClock } from '../index.ts';

export default class Inspect extends BaseCommand {
  static override summary = 'Show what a ledger holds, watch it live, or prove that it is sound.';
  static override description =
    `--watch shows its organs on a page that is written anew every second: what comes in and where it goes, what waits in the log, how far each group is behind and when it will have caught up, what can be re-told. It only reads, a few milliseconds at a time, and no commit waits for it; q ends it. In a pipe, or with --json, each look is a line of JSON.

--verify walks the whole chain and names the first bad commit (exit 3). A missing end shows only against a head kept elsewhere: keep the head that emit and inspect print, and give it to --expect-head.`;
  // what oclif makes of flags that exclude one another cannot be read
  static override usage =
    '<%= command.id %> [-l FILE] [--json] [--sequence N | --groups | --watch [--every DURATION] | --verify [--expect-head SEQUENCE:HASH]]';
  static override enableJsonFlag = true;
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> --sequence 1000',
    '<%= config.bin %> <%= command.id %> --verify --expect-head "$(cat last-head)"',
    '<%= config.bin %> <%= command.id %> --groups',
    '<%= config.bin %> <%= command.id %> --watch',
    '<%= config.bin %> <%= command.id %> --watch --every 10s | jq -c .emission.average',
    '<%= config.bin %> <%= command.id %> --json | jq -r .head',
  ];
  static override flags = {
    sequence: Flags.integer({
      description: 'show this one event',
      helpValue: 'N',
      exclusive: ['verify', 'expect-head'],
    }),
    groups: Flags.boolean({
      description: 'show the consumer groups: lag, members, leases, parked',
      exclusive: ['sequence', 'verify', 'expect-head'],
    }),
    watch: Flags.boolean({
      description: 'a live page; lines of JSON in a pipe or with --json',
      exclusive: ['sequence', 'groups', 'verify', 'expect-head'],
    }),
    every: Flags.string({ description: 'how often to look; default 1s', helpValue: 'DURATION', dependsOn: ['watch'] }),
    verify: Flags.boolean({ description: 'walk the whole chain' }),
    'expect-head': Flags.string({
      description: 'the ledger must extend this head; implies --verify',
      helpValue: 'SEQUENCE:HASH',
    }),
  };

  async run(): Promise<object | undefined> {
    const { flags } = await this.parse(Inspect);
    if (flags.watch) return this.#watch(flags);
    const isVerifying = flags.verify || flags['expect-head'] !== undefined;
    if (flags['expect-head'] !== undefined) parseHead(flags['expect-head']);
    try {
      return await withLedger(flags, 'read', async (engine, interrupt) => {
        if (isVerifying) return this.#verify(engine, flags['expect-head'], interrupt.signal);
        if (flags.sequence !== undefined) {
          const event = await engine.event(flags.sequence);
          this.log(eventText(event, process.stdout.isTTY === true));
          return eventDocument(event);
        }
        if (flags.groups) return this.#groups(engine);
        const description = await engine.inspect();
        const groups = await engine.groups();
        this.log(await overviewText(description, groups));
        const now = systemClock.nowMicros();
        return overviewDocument(
          description,
          groups.map((group) => groupDocument(group, now)),
        );
      });
    } catch (error) {
      throw isVerifying ? asBroken(error) : error;
    }
  }

  /** Returns nothing: what there is to say was said line by line. */
  async #watch(flags: LedgerFlags & { readonly every: string | undefined }): Promise<undefined> {
    const { everyMsOf, watch } = await import('../cli/watch/watch.ts');
    const options = { everyMs: everyMsOf(flags.every), isJson: this.jsonEnabled() };
    await withLedger(flags, 'read', (engine, interrupt) => watch(engine, interrupt, options));
  }

  async #groups(engine: Completengine): Promise<object> {
    const groups = await engine.groups();
    const now = systemClock.nowMicros();
    this.log(await groupsText(groups, now));
    return { groups: groups.map((group) => groupDocument(group, now)) };
  }

  async #verify(engine: Completengine, expectHead: string | undefined, signal: AbortSignal): Promise<object> {
    const progress = new Progress(null, this.jsonEnabled());
    try {
      const report = await engine.verify({
        expectHead,
        signal,
        onProgress: ({ events }) => progress.update({ inputBytes: 0, events }),
      });
      progress.stop();
      const anchor = report.isAnchored
        ? 'it extends the expected head'
        : 'no anchor given, so a missing end would not show';
      this.log(
        `sound: ${plural(report.events, 'event')} in ${plural(report.commits, 'commit')}; head ${formatHead(report.head)}; ${anchor}`,
      );
      return {
        isSound: true,
        events: report.events,
        commits: report.commits,
        head: formatHead(report.head),
        isAnchored: report.isAnchored,
      };
    } catch (error) {
      if (!signal.aborted) throw error;
      this.logToStderr('stopped before the end: nothing is proved');
      return {};
    } finally {
      progress.stop();
    }
  }
}

/** Asked to verify, a file that cannot even be opened as a ledger has failed: 3, not 76. Who was told to come here is not sent here again. */
function asBroken(error: unknown): unknown {
  if (!(error instanceof LedgerError) || error.cause === undefined) return error;
  if (error.code !== 'NOT_A_LEDGER' && error.code !== 'DAMAGED_LEDGER') return error;
  const hint =
    error.code === 'DAMAGED_LEDGER'
      ? 'take a copy that is sound; what can be read of this one: sqlite3 FILE .recover'
      : error.hint;
  return new LedgerError('VERIFICATION_FAILED', { message: error.message, hint, details: error.details, cause: error });
}
