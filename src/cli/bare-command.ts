/** What every command shares, also one that opens no ledger of the user's: how errors are shown. */

import { Command } from '@oclif/core/command';
import { failureDocument, printFailure } from './failure.ts';
import { guardOutput } from './guard-output.ts';

export abstract class BareCommand extends Command {
  protected override async init(): Promise<void> {
    await super.init();
    guardOutput();
  }

  protected override async catch(error: Error): Promise<void> {
    if (this.jsonEnabled()) this.logJson({ error: failureDocument(error) });
    printFailure(error);
  }
}
