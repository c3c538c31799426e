/** `completengine compact`: rewrites how events are stored, and gives free space back. */

import * as Flags from '@oclif/core/flags';
import { BaseCommand } from '../cli/app/base-command.ts';
import { withLedger } from '../cli/app/session.ts';
import { CompactProgressLine, compactNote, compactText } from '../cli/compact/compact-text.ts';
import { printOnOutputFailure } from '../cli/terminal/guard-output.ts';

export default class Compact extends BaseCommand {
  static override summary = 'Compress or decompress stored events in place, and give free space back.';
  static override description =
    `Emitters, consumers and replays continue meanwhile: it works in small transactions and pauses as long as each took. Events, head and digests stay the same. It can be stopped at any moment and run again.

The setting of the ledger, which applies to new events, does not change. Frames that are compressed already stay as they are; to compress them again at another level, run --compression none first.`;
  static override enableJsonFlag = true;
  static override usage = '<%= command.id %> [-l FILE] [--compression CODEC [--before TIME [--tz ZONE]]] [--json]';
  static override examples = [
    '<%= config.bin %> <%= command.id %> --compression zstd',
    '<%= config.bin %> <%= command.id %> --compression zstd:9 --before -30d',
    '<%= config.bin %> <%= command.id %> --compression none',
    '<%= config.bin %> <%= command.id %>',
  ];
  static override flags = {
    compression: Flags.string({
      description:
        'how the events are stored afterwards: none, zstd, or zstd:LEVEL; default: only give free space back',
      helpValue: 'CODEC',
    }),
    before: Flags.string({
      description: 'only events before this time; default: all',
      helpValue: 'TIME',
      dependsOn: ['compression'],
    }),
    tz: Flags.string({ description: 'time zone of --before; default UTC', helpValue: 'ZONE', dependsOn: ['before'] }),
  };

  async run(): Promise<object> {
    const { flags } = await this.parse(Compact);
    return withLedger(flags, 'write', async (engine, { signal }) => {
      const progress = new CompactProgressLine(this.jsonEnabled());
      try {
        const report = await engine.compact({
          compression: flags.compression,
          before: flags.before,
          zone: flags.tz,
          onProgress: (figures) => progress.update(figures),
          signal,
        });
        progress.stop();
        printOnOutputFailure('the ledger was compacted');
        this.log(compactText(report));
        const note = compactNote(report);
        if (note !== null) this.logToStderr(note);
        return report;
      } finally {
        progress.stop();
      }
    });
  }
}
