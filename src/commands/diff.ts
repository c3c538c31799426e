/** `completengine diff`: the first sequence at which two ledgers differ. */

import * as Args from '@oclif/core/args';
import * as Flags from '@oclif/core/flags';
import { BareCommand } from '../cli/app/bare-command.ts';
import { EXIT_DIFFERENT } from '../cli/app/exit-codes.ts';
import { durationFlag } from '../cli/app/flag-kinds.ts';
import { withLedger } from '../cli/app/session.ts';
import { diffText } from '../cli/diff/diff-text.ts';
import { Progress } from '../cli/emit/progress.ts';
import { diffDocument } from '../views/diff-document.ts';

export default class Diff extends BareCommand {
  static override summary = 'Find the first sequence at which two ledgers differ.';
  static override description =
    `Copies of one ledger are both verified, as by inspect --verify, and compared by their hash chains, by bisection; by payload only after their last common commit. With --chain-only no event before that is read: it takes milliseconds, and finds no damage. Other ledgers are compared by payload: times, keys and partitions may differ.
A ledger, a segment and a ledger on NATS can be compared with each other. The exit code is 0 if they are equal, and 3 if they differ or one of them is corrupt. If one is the beginning of the other, they differ at its end.`;
  static override enableJsonFlag = true;
  static override usage = '<%= command.id %> A B [--chain-only] [--json]';
  static override examples = [
    '<%= config.bin %> <%= command.id %> events.codex /backup/events.codex',
    '<%= config.bin %> <%= command.id %> events.codex nats://n1,n2,n3/events --json | jq .sequence',
  ];
  // without ignoreStdin oclif reads the argument from a pipe
  static override args = {
    a: Args.string({
      description: 'a ledger: a file, a segment or nats://HOST/NAME',
      required: true,
      ignoreStdin: true,
    }),
    b: Args.string({ description: 'the other one', required: true, ignoreStdin: true }),
  };
  static override flags = {
    'chain-only': Flags.boolean({ description: 'believe the hash chains of copies, and do not verify their events' }),
    'busy-timeout': durationFlag({
      description: 'how long to wait while no server answers; default 15s',
    }),
  };

  protected override ledgersNamed(words: readonly string[]): readonly string[] {
    return words.filter((word) => !word.startsWith('-'));
  }

  async run(): Promise<object> {
    const { args, flags } = await this.parse(Diff);
    const open = { 'busy-timeout': flags['busy-timeout'] };
    const progress = new Progress(null, this.jsonEnabled());
    return withLedger({ ...open, ledger: args.a }, 'read', (a, { signal }) =>
      withLedger({ ...open, ledger: args.b }, 'read', async (b) => {
        try {
          const diff = await a.diff(b, {
            chainOnly: flags['chain-only'],
            signal,
            onProgress: ({ events }) => progress.update({ inputBytes: 0, events }),
          });
          progress.stop();
          const document = diffDocument(diff, a, b);
          this.log(diffText(document));
          if (diff.result !== 'equal') process.exitCode = EXIT_DIFFERENT;
          return document;
        } catch (error) {
          if (!signal.aborted) throw error;
          this.logToStderr('interrupted: the ledgers were not fully compared');
          return {};
        } finally {
          progress.stop();
        }
      }),
    );
  }
}
