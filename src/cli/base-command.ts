/** What all commands share: the ledger flags and how errors are shown. Nothing else belongs here. */

import { Command } from '@oclif/core/command';
import * as Flags from '@oclif/core/flags';
import { failureDocument, printFailure } from './failure.ts';
import { guardOutput } from './guard-output.ts';

export abstract class BaseCommand extends Command {
  static override baseFlags = {
    ledger: Flags.string({
      char: 'l',
      description: 'path of the ledger',
      default: './events.codex',
      env: 'COMPLETENGINE_LEDGER',
      helpGroup: 'GLOBAL',
      helpValue: 'FILE',
    }),
    'busy-timeout': Flags.string({
      description: 'how long to wait for other processes, such as 5s',
      default: '5s',
      helpGroup: 'GLOBAL',
      helpValue: 'DURATION',
    }),
  };

  protected override async init(): Promise<void> {
    await super.init();
    guardOutput();
  }

  protected override async catch(error: Error): Promise<void> {
    if (this.jsonEnabled()) this.logJson({ error: failureDocument(error) });
    printFailure(error);
  }
}
