/** `completengine replay`: re-tells a range of history. */

import * as Flags from '@oclif/core/flags';
import { BaseCommand } from '../cli/base-command.ts';
import { outputFlag, standardOutput } from '../cli/output.ts';
import { replayDocument, replayLine } from '../cli/replay-text.ts';
import { withLedger } from '../cli/session.ts';

export default class Replay extends BaseCommand {
  static override summary = 'Re-tell a range of history to standard output.';
  static override description =
    `The range is fixed when the replay starts. Events come in the order of the ledger, to the byte; strict replay verifies the chain while it reads and tells nothing of a broken commit (exit 3).
Times are RFC 3339, dates, epoch numbers, now, today, yesterday or -2h. A date means the whole day: --through 2026-04-12 includes it.`;
  static override examples = [
    '<%= config.bin %> <%= command.id %> > all.jsonl',
    '<%= config.bin %> <%= command.id %> --from 2026-04-12 --through 2026-04-12',
    '<%= config.bin %> <%= command.id %> --from 2026-04-12T09:00:00Z --until 2026-04-12T17:30:00Z',
    '<%= config.bin %> <%= command.id %> --from-sequence 1000 --partition p3 -o envelope',
  ];
  static override flags = {
    from: Flags.string({ description: 'time, inclusive', helpValue: 'TIME', exclusive: ['from-sequence'] }),
    through: Flags.string({ description: 'time, inclusive', helpValue: 'TIME', exclusive: ['until', 'through-sequence'] }),
    until: Flags.string({ description: 'time, exclusive', helpValue: 'TIME', exclusive: ['through-sequence'] }),
    'from-sequence': Flags.integer({ description: 'sequence, inclusive', helpValue: 'N' }),
    'through-sequence': Flags.integer({ description: 'sequence, inclusive', helpValue: 'N' }),
    partition: Flags.string({ char: 'p', description: 'only these partitions', multiple: true, multipleNonGreedy: true, helpValue: 'NAME' }),
    speed: Flags.option({ description: 'max: as fast as the machine allows', options: ['max'] as const, default: 'max' as const })(),
    determinism: Flags.option({
      description: "strict: verify while reading; relaxed: do not; default: the ledger's",
      options: ['strict', 'relaxed'] as const,
    })(),
    tz: Flags.string({ description: 'zone of dates and of times without one, such as Europe/Berlin; default UTC', helpValue: 'ZONE' }),
    output: outputFlag(),
    json: Flags.boolean({ description: 'the report on standard error as JSON' }),
    quiet: Flags.boolean({ char: 'q', description: 'no report' }),
  };

  async run(): Promise<void> {
    const { flags } = await this.parse(Replay);
    await withLedger(flags, 'read', async (engine, interrupt) => {
      const replay = engine.replay({
        from: flags.from,
        through: flags.through,
        until: flags.until,
        fromSequence: flags['from-sequence'],
        throughSequence: flags['through-sequence'],
        partitions: flags.partition,
        determinism: flags.determinism,
        zone: flags.tz,
        signal: interrupt.signal,
      });
      const report = await replay.deliver(await standardOutput(flags.output, interrupt.signal));
      if (flags.json) this.logToStderr(JSON.stringify(replayDocument(report)));
      else if (!flags.quiet) this.logToStderr(replayLine(report));
    });
  }
}
