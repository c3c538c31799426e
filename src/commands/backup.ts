/** `completengine backup`: copies a ledger while it is used. */

import * as Args from '@oclif/core/args';
import { BaseCommand } from '../cli/app/base-command.ts';
import { withLedger } from '../cli/app/session.ts';
import { backupText, incompleteNote, segmentsText } from '../cli/backup/backup-text.ts';
import { BackupBar } from '../cli/backup/progress.ts';
import { backupDocument } from '../views/backup-document.ts';

export default class Backup extends BaseCommand {
  static override summary = 'Copy a ledger into a new file, while it is used.';
  static override description =
    `The copy is the ledger as of one moment, however many emitters run. It is verified and synced to the disk before it gets its name, and the head that is printed is its own: the live ledger extends it. Nothing is ever overwritten. To restore, put the file where the ledger was. Segments of archived history are not in the copy: they never change, so copy each one once.

The copy has the uuid of the ledger. Do not emit to both: inspect --verify --expect-head shows whether a ledger extends a head.`;
  static override enableJsonFlag = true;
  static override usage = '<%= command.id %> FILE [-l FILE] [--json]';
  static override examples = [
    '<%= config.bin %> <%= command.id %> /backup/events-$(date +%F).codex',
    '<%= config.bin %> <%= command.id %> /backup/events.codex --json | jq -r .head',
  ];
  // without ignoreStdin oclif reads the argument from a pipe
  static override args = {
    file: Args.string({ description: 'the new file, in an existing directory', required: true, ignoreStdin: true }),
  };

  async run(): Promise<object | undefined> {
    const { args, flags } = await this.parse(Backup);
    const bar = new BackupBar(this.jsonEnabled());
    return withLedger(flags, 'read', async (engine, { signal }) => {
      try {
        const report = await engine.backup(args.file, { signal, onProgress: (progress) => bar.update(progress) });
        bar.stop();
        this.log(backupText(report));
        const rest = segmentsText(report, flags.archive ?? `${engine.identity.path}.archive`);
        const notes = [rest, incompleteNote(report)].filter((note) => note !== null);
        if (!this.jsonEnabled()) for (const note of notes) this.logToStderr(note);
        return backupDocument(report, engine.identity.uuid);
      } catch (error) {
        if (!signal.aborted) throw error;
        bar.stop();
        this.logToStderr('interrupted: no backup was made');
        return undefined;
      } finally {
        bar.stop();
      }
    });
  }
}
