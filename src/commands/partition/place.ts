/** `completengine partition place`: sends keys to chosen partitions, effective from the next commit. */

import * as Args from '@oclif/core/args';
import { argumentsInOrder } from '../../cli/app/arguments.ts';
import { BaseCommand } from '../../cli/app/base-command.ts';
import { changeRouting, dryRunFlags } from '../../cli/partition/change.ts';
import { LedgerError } from '../../index.ts';

export default class PartitionPlace extends BaseCommand {
  static override summary = 'Send keys to partitions of your choice, from the next commit on.';
  static override description =
    `A placed key goes to its partition whatever the routing rule says; existing events stay where they are. KEY is a key as envelopes show it; for a
composite rule write a+b or the JSON list. All placements of one call take effect together.
--dry-run reports how many of the existing events would move. It writes nothing.`;
  static override enableJsonFlag = true;
  static override strict = false;
  static override usage = '<%= command.id %> KEY PARTITION [KEY PARTITION]... [--dry-run]';
  static override examples = [
    '<%= config.bin %> <%= command.id %> acme p3',
    '<%= config.bin %> <%= command.id %> acme p3 initech p4',
    '<%= config.bin %> <%= command.id %> acme+billing p3',
  ];
  // without ignoreStdin oclif reads the argument from a pipe
  static override args = {
    key: Args.string({ description: 'key, as envelopes show it', required: true, ignoreStdin: true }),
    partition: Args.string({ description: 'partition for this key', required: true, ignoreStdin: true }),
  };
  static override flags = dryRunFlags;

  async run(): Promise<object> {
    const { flags, raw } = await this.parse(PartitionPlace);
    const placements = inPairs(argumentsInOrder(raw));
    return changeRouting(
      flags,
      {
        change: (partitioning) => partitioning.place(placements),
        preview: (partitioning, events) => partitioning.previewPlace(placements, events),
      },
      (text) => this.log(text),
    );
  }
}

function inPairs(texts: readonly string[]): { key: string; partition: string }[] {
  if (texts.length % 2 !== 0) {
    throw new LedgerError('INVALID_ARGUMENT', {
      message: `no partition is given for the key '${texts.at(-1)?.slice(0, 80)}'`,
      hint: 'give pairs: completengine partition place KEY PARTITION KEY PARTITION',
    });
  }
  return Array.from({ length: texts.length / 2 }, (_, nth) => ({
    key: texts[nth * 2] as string,
    partition: texts[nth * 2 + 1] as string,
  }));
}
