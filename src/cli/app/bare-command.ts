/** Base of every command, also of those that open no ledger: guards the output and prints errors. */

import { Command } from '@oclif/core/command';
import * as ux from '@oclif/core/ux';
import { forbidsOutput } from '../state/taken-files.ts';
import { guardOutput } from '../terminal/guard-output.ts';
import { failureDocument, printFailure } from './failure.ts';
import { safeJson } from './safe-json.ts';
import { verbHint } from './usage-hint.ts';

export abstract class BareCommand extends Command {
  protected override async init(): Promise<void> {
    await super.init();
    guardOutput();
  }

  override logJson(json: unknown): void {
    ux.stdout(safeJson(json, 2));
  }

  protected override async catch(error: Error): Promise<void> {
    if (this.jsonEnabled() && !forbidsOutput(error)) this.logJson(failureDocument(error));
    const { id, baseFlags, flags } = this.ctor;
    printFailure(error, verbHint(error, id.replaceAll(':', ' '), Object.keys({ ...baseFlags, ...flags })));
  }
}
