/** `completengine tail`: prints the last events and follows new ones, alone or as a member of a group. */

import * as Args from '@oclif/core/args';
import { argumentsInOrder } from '../cli/app/arguments.ts';
import { BaseCommand } from '../cli/app/base-command.ts';
import { withLedger } from '../cli/app/session.ts';
import { checkArguments, readArguments } from '../cli/range/arguments.ts';
import { refuseTakenFiles } from '../cli/state/taken-files.ts';
import { tailFlags } from '../cli/tail/flags.ts';

export default class Tail extends BaseCommand {
  static override summary = 'Show the last events, follow new ones, or consume them as a group.';
  static override description =
    `Without partitions it prints all of them, in ledger order. With -f it keeps following the commits of all processes until interrupted.
--group joins a consumer group: its members share the partitions, the ledger stores the group's offsets, and the next member continues there. Delivery is at-least-once. Events are acknowledged when the reader of standard output has taken them, or when the command of --exec exits with 0.
A run of --exec finds COMPLETENGINE_PARTITION, _FIRST_OFFSET, _LAST_OFFSET, _GROUP and _ATTEMPT in its environment. A failed event is retried with backoff, while later events of its partition wait. After --max-deliver failures it is parked (dead letter): group parked lists these. If events were parked, the exit code is 5 and the last line says how many.`;
  static override strict = false;
  static override usage = [
    '<%= command.id %> [RANGE] [PARTITION...] [-f] [-n N] [--from PLACE] [--until TIME] [--key KEY] [--where PATH=VALUE]',
    '<%= command.id %> [PARTITION...] --group NAME [--exec COMMAND]',
  ];
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> p3 -n 100',
    '<%= config.bin %> <%= command.id %> --from -1h --limit 100',
    '<%= config.bin %> <%= command.id %> -f -o envelope | jq .payload',
    '<%= config.bin %> <%= command.id %> --key acme --where "amount>=100" -n 20 -f',
    "<%= config.bin %> <%= command.id %> --group mailer --exec './send-mail'",
  ];
  // without ignoreStdin oclif reads the argument from a pipe
  static override args = {
    partition: Args.string({
      description: 'partitions to read, default all; and a range: a day, or an ISO interval',
      required: false,
      ignoreStdin: true,
    }),
  };
  static override flags = tailFlags;

  async run(): Promise<void> {
    const { flags, raw } = await this.parse(Tail);
    const asked = readArguments(argumentsInOrder(raw), flags.partition);
    const isMember = flags.group !== undefined;
    refuseTakenFiles({ ledgers: [flags.ledger], outputs: { 'cursor-file': flags['cursor-file'] } });
    await withLedger(flags, isMember ? 'streaming' : 'read', async (engine, interrupt) => {
      checkArguments(asked, engine);
      if (isMember) {
        const { tailGroup } = await import('../cli/tail/group.ts');
        return tailGroup(engine, interrupt, asked, flags);
      }
      const { tailHistory } = await import('../cli/tail/history.ts');
      return tailHistory(engine, interrupt, asked, flags);
    });
  }
}
