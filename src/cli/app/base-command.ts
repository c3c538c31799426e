/** Base of all commands that open a ledger: adds the ledger flags, and nothing else. */

import * as Flags from '@oclif/core/flags';
import { displayedLocation } from '../../index.ts';
import { ledgersNamed } from '../state/taken-files.ts';
import { escapeForTerminal } from '../terminal/escape.ts';
import { BareCommand } from './bare-command.ts';
import { defaultLedger, LEDGER } from './default-ledger.ts';
import { durationFlag } from './flag-kinds.ts';

/** The ledger as a summary names it; null for the default one, which needs no name. */
export function namedLedger(ledger: string): string | null {
  return ledger === LEDGER.default ? null : escapeForTerminal(displayedLocation(ledger));
}

export abstract class BaseCommand extends BareCommand {
  static override baseFlags = {
    ...BareCommand.baseFlags,
    ledger: Flags.string({
      char: 'l',
      description: 'the ledger: path of its file, or nats://HOST[:PORT][,HOST]/NAME',
      ...LEDGER,
      helpGroup: 'GLOBAL',
      helpValue: 'LEDGER',
    }),
    archive: Flags.string({
      description: 'directory of the segments of archived history, for a ledger in a file; default: LEDGER.archive',
      env: 'COMPLETENGINE_ARCHIVE',
      helpGroup: 'GLOBAL',
      helpValue: 'DIR',
    }),
    'busy-timeout': durationFlag({
      description:
        'how long to wait while another process holds the ledger, or no server answers; default 5s, on NATS 15s',
      helpGroup: 'GLOBAL',
    }),
  };

  protected override ledgersNamed(words: readonly string[]): readonly string[] {
    return ledgersNamed(words, defaultLedger());
  }
}
