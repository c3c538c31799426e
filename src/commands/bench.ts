/** `completengine bench`: measures this machine on a ledger of its own. */

import { tmpdir } from 'node:os';
import * as Flags from '@oclif/core/flags';
import { BareCommand } from '../cli/app/bare-command.ts';
import { listenForInterrupt } from '../cli/app/interrupt.ts';
import { refuseTakenFiles } from '../cli/state/taken-files.ts';

export default class Bench extends BareCommand {
  static override summary = 'Measure this machine, on a temporary ledger.';
  static override description =
    `It runs what you would run: whole processes of this command line, through pipes. No ledger of yours is touched; what it makes is removed at the end.
Rates are medians of three rounds. Single commits go through the library, each acknowledged before the next.`;
  static override enableJsonFlag = true;
  static override usage = '<%= command.id %> [--events N] [--size BYTES] [--partitions N] [--compare FILE] [--json]';
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> --json > before.json',
    '<%= config.bin %> <%= command.id %> --compare before.json',
    '<%= config.bin %> <%= command.id %> --events 200k --size 1000 --dir /mnt/disk',
  ];
  static override flags = {
    events: Flags.string({
      description: 'how many events, such as 200_000, 1e6 or 2M',
      default: '1e6',
      helpValue: 'N',
    }),
    size: Flags.string({ description: 'bytes of an event, its newline included', default: '200', helpValue: 'BYTES' }),
    partitions: Flags.integer({ description: 'how many partitions', default: 8, helpValue: 'N' }),
    partition: Flags.string({
      description: 'routing, as init takes it; the events have id, tenant, topic, session, amount and partition',
      default: 'hash:tenant',
      helpValue: 'SPEC',
    }),
    durability: Flags.option({
      description: 'full: on the disk before it is acknowledged; normal: a power cut may take the last commits',
      options: ['full', 'normal'] as const,
      default: 'full' as const,
    })(),
    dir: Flags.string({
      description: "where the temporary ledger is made; default: the system's directory for such files",
      helpValue: 'DIRECTORY',
    }),
    compare: Flags.string({ description: 'an earlier --json document: shows ratios to it', helpValue: 'FILE' }),
  };

  async run(): Promise<object | undefined> {
    const { flags } = await this.parse(Bench);
    refuseTakenFiles({ inputs: flags.compare === undefined ? [] : [{ name: flags.compare, place: flags.compare }] });
    const { runBench } = await import('../cli/bench/run.ts');
    const interrupt = listenForInterrupt();
    try {
      const { text, document } = await runBench(
        { ...flags, parent: flags.dir ?? tmpdir() },
        this.config,
        interrupt.signal,
      );
      this.log(text);
      return document;
    } catch (error) {
      if (!interrupt.signal.aborted) throw error;
      this.logToStderr('stopped; the temporary ledger was removed');
      return undefined;
    } finally {
      interrupt.setExitCode();
      interrupt.close();
    }
  }
}
