/** Base of every command, also of those that open no ledger: guards the output and prints errors. */

import { Command } from '@oclif/core/command';
import * as ux from '@oclif/core/ux';
import { forbidsOutput } from '../state/taken-files.ts';
import { guardOutput } from '../terminal/guard-output.ts';
import { failureDocument, printFailure } from './failure.ts';
import { retiredFlag } from './retired-flags.ts';
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

  protected override async catch(thrown: Error): Promise<void> {
    const { id, baseFlags, flags } = this.ctor;
    const verb = id.replaceAll(':', ' ');
    const error = retiredFlag(thrown, verb) ?? thrown;
    if (this.jsonEnabled() && !forbidsOutput(error)) this.logJson({ error: failureDocument(error) });
    printFailure(error, verbHint(error, verb, Object.keys({ ...baseFlags, ...flags })));
  }
}
