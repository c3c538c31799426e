/** `completengine bench`: measures this machine on a temporary ledger. */

import { tmpdir } from 'node:os';
import * as Flags from '@oclif/core/flags';
import { BareCommand } from '../cli/app/bare-command.ts';
import { countFlag, sizeFlag } from '../cli/app/flag-kinds.ts';
import { listenForInterrupt } from '../cli/app/interrupt.ts';
import { refuseTakenFiles } from '../cli/state/taken-files.ts';
import { escapeForTerminal } from '../cli/terminal/escape.ts';

export default class Bench extends BareCommand {
  static override summary = 'Measure the performance of this machine on a temporary ledger.';
  static override description =
    `It runs whole processes of this command line through pipes, as you would. It touches no existing ledger, and removes its temporary files at the end.
With --ledger it measures ledgers on NATS, which are new, too.
Rates are medians of three rounds. Single commits go through the library, each acknowledged before the next.`;
  static override enableJsonFlag = true;
  static override usage =
    '<%= command.id %> [--events N] [--size SIZE] [--partitions N] [-l LOCATION] [--compare FILE] [--json]';
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> --json > before.json',
    '<%= config.bin %> <%= command.id %> --compare before.json',
    '<%= config.bin %> <%= command.id %> --events 200k --size 1000 --dir /mnt/disk',
    '<%= config.bin %> <%= command.id %> --ledger nats://n1,n2,n3/bench --events 200k',
  ];
  static override flags = {
    events: countFlag({ description: 'number of events, such as 200_000, 1e6 or 2M', default: 1_000_000 }),
    size: sizeFlag({ description: 'size of an event, including the newline', default: 200 }),
    partitions: countFlag({ description: 'number of partitions', default: 8 }),
    routing: Flags.string({
      description:
        'routing rule, as in init; the events have the fields id, tenant, topic, session, amount and partition',
      default: 'hash:tenant',
      helpValue: 'SPEC',
    }),
    durability: Flags.option({
      description: 'full: synced to disk before it is acknowledged; normal: a power failure may lose the last commits',
      options: ['full', 'normal'] as const,
      default: 'full' as const,
    })(),
    ledger: Flags.string({
      char: 'l',
      description:
        'measure new ledgers on these servers: nats://HOST[,HOST]/NAME; their names begin with NAME, and they stay there',
      helpValue: 'LOCATION',
    }),
    dir: Flags.string({
      description: "directory of the temporary ledger; default: the system's temporary directory",
      helpValue: 'DIRECTORY',
    }),
    compare: Flags.string({ description: 'earlier --json document to compare with; shows ratios', helpValue: 'FILE' }),
  };

  async run(): Promise<object | undefined> {
    const { flags } = await this.parse(Bench);
    refuseTakenFiles({ inputs: flags.compare === undefined ? [] : [{ name: flags.compare, place: flags.compare }] });
    const { runBench } = await import('../cli/bench/run.ts');
    const interrupt = listenForInterrupt();
    try {
      const { text, document } = await runBench(
        { ...flags, parent: flags.dir ?? tmpdir(), onLeft: (names) => this.#reportLeft(names) },
        this.config,
        interrupt.signal,
      );
      this.log(text);
      return document;
    } catch (error) {
      if (!interrupt.signal.aborted) throw error;
      this.logToStderr('stopped; the temporary files were removed');
      return undefined;
    } finally {
      interrupt.setExitCode();
      interrupt.close();
    }
  }

  /** No client may remove a ledger on servers, not even its creator: see docs/SCALE-OUT.md. */
  #reportLeft(names: readonly string[]): void {
    if (names.length === 0) return;
    const streams = names.map((name) => `nats stream rm -f cdex_${escapeForTerminal(name)}`);
    // also with --json, which silences logToStderr()
    process.stderr.write(`the measured ledgers are still there; to remove them: ${streams.join('; ')}\n`);
  }
}
