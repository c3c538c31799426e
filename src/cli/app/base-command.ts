/** Base of all commands that open a ledger: adds the ledger flags, and nothing else. */

import * as Flags from '@oclif/core/flags';
import { BareCommand } from './bare-command.ts';

export abstract class BaseCommand extends BareCommand {
  static override baseFlags = {
    ledger: Flags.string({
      char: 'l',
      description: 'path of the ledger',
      default: './events.codex',
      env: 'COMPLETENGINE_LEDGER',
      helpGroup: 'GLOBAL',
      helpValue: 'FILE',
    }),
    archive: Flags.string({
      description: 'directory of the segments of archived history; default: LEDGER.archive',
      env: 'COMPLETENGINE_ARCHIVE',
      helpGroup: 'GLOBAL',
      helpValue: 'DIR',
    }),
    'busy-timeout': Flags.string({
      description: 'how long to wait while another process holds the ledger',
      default: '5s',
      helpGroup: 'GLOBAL',
      helpValue: 'DURATION',
    }),
  };
}
