/** `completengine tail`: the last events, and those that come. */

import * as Args from '@oclif/core/args';
import * as Flags from '@oclif/core/flags';
import { argumentsInOrder } from '../cli/arguments.ts';
import { BaseCommand } from '../cli/base-command.ts';
import { outputFlag, standardOutput } from '../cli/output.ts';
import { watchReader } from '../cli/reader-gone.ts';
import { withLedger } from '../cli/session.ts';
import { LedgerError } from '../index.ts';

export default class Tail extends BaseCommand {
  static override summary = 'Show the last events, and follow.';
  static override description =
    'Without partitions it tells all of them, in the order of the ledger. With -f it goes on with every commit, by whichever process, until interrupted.';
  static override strict = false;
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> p3 -n 100',
    '<%= config.bin %> <%= command.id %> -f -o envelope | jq .payload',
  ];
  // without ignoreStdin oclif takes what is piped in for the argument
  static override args = { partition: Args.string({ description: 'partitions to tell; default all', required: false, ignoreStdin: true }) };
  static override flags = {
    follow: Flags.boolean({ char: 'f', description: 'go on with what comes' }),
    number: Flags.string({ char: 'n', description: 'how many of the last events, or all', default: '10', helpValue: 'N|all' }),
    output: outputFlag(),
  };

  async run(): Promise<void> {
    const { flags, raw } = await this.parse(Tail);
    const last = lastCount(flags.number);
    await withLedger(flags, 'read', async (engine, interrupt) => {
      const reader = flags.follow ? watchReader(() => interrupt.abort()) : null;
      try {
        const telling = engine.tail({ partitions: argumentsInOrder(raw), last, follow: flags.follow, signal: interrupt.signal });
        await telling.deliver(await standardOutput(flags.output, interrupt.signal));
      } finally {
        reader?.close();
      }
    });
  }
}

function lastCount(text: string): number {
  if (text === 'all') return Number.MAX_SAFE_INTEGER;
  const count = Number(text);
  if (/^\d+$/.test(text) && Number.isSafeInteger(count)) return count;
  throw new LedgerError('INVALID_ARGUMENT', { message: `'${text.slice(0, 40)}' is not a number of events`, hint: 'use -n 100, or -n all' });
}
