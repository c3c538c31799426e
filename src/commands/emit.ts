/** `completengine emit`: commits JSON lines. */

import * as Args from '@oclif/core/args';
import * as Flags from '@oclif/core/flags';
import { argumentsInOrder } from '../cli/app/arguments.ts';
import { BaseCommand } from '../cli/app/base-command.ts';
import { EXIT_BAD_INPUT } from '../cli/app/exit-codes.ts';
import { withLedger } from '../cli/app/session.ts';
import { printWarning } from '../cli/app/warning.ts';
import { emissionDocument, emissionLine } from '../cli/emit/emission-text.ts';
import { inputFiles, openInput, unreadable } from '../cli/emit/input.ts';
import { Progress } from '../cli/emit/progress.ts';
import { ReceiptPrinter } from '../cli/emit/receipt-printer.ts';
import { RejectFile } from '../cli/emit/reject-file.ts';
import { refuseTakenFiles } from '../cli/state/taken-files.ts';
import { sayOnOutputFailure } from '../cli/terminal/guard-output.ts';
import { type EmissionReport, LedgerError, type LedgerWarning } from '../index.ts';

export default class Emit extends BaseCommand {
  static override summary = 'Commit JSON lines from files or standard input.';
  static override description =
    `Each line is one event and is kept to the byte. What was read is committed before more is read, in order.
The first line that cannot be taken ends it: what came before is committed, the line is named, exit 65. --rejects keeps such lines aside and goes on.`;
  static override enableJsonFlag = true;
  static override strict = false;
  static override usage =
    '<%= command.id %> [FILE...] [-l FILE] [--producer NAME] [--atomic] [--rejects FILE] [--receipts]';
  static override examples = [
    '$ cat events.jsonl | <%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> monday.jsonl tuesday.jsonl --producer week-12',
    '<%= config.bin %> <%= command.id %> --receipts < events.jsonl | tail -1',
    '<%= config.bin %> <%= command.id %> --key acme < orders-of-acme.jsonl',
    '<%= config.bin %> replay -o envelope | <%= config.bin %> <%= command.id %> --envelope -l copy.codex',
  ];
  // without ignoreStdin oclif takes what is piped in for the argument
  static override args = {
    file: Args.string({
      description: 'files of JSON lines; - or none: standard input',
      required: false,
      ignoreStdin: true,
    }),
  };
  static override flags = {
    producer: Flags.string({
      description: 'keep the position in the input under this name: run again with the same input, it continues',
      helpValue: 'NAME',
    }),
    atomic: Flags.boolean({ description: 'all of the input, or nothing', exclusive: ['rejects'] }),
    rejects: Flags.string({
      description: 'append lines that cannot be taken to this file, with the reason, and go on',
      helpValue: 'FILE',
    }),
    receipts: Flags.boolean({ description: 'print one JSON line per committed event' }),
    key: Flags.string({
      description: 'the key of all events, whatever they carry; of a composite a+b',
      helpValue: 'VALUE',
    }),
    to: Flags.string({ description: 'send all events to this partition, whatever the routing', helpValue: 'NAME' }),
    envelope: Flags.boolean({ description: 'the lines are envelopes, as replay -o envelope prints them' }),
    late: Flags.option({
      description: "an event earlier than the ledger's head: recorded at the head's time, or a bad line",
      options: ['record', 'reject'] as const,
      default: 'record' as const,
    })(),
    'max-skew': Flags.string({
      description: 'how far ahead of the clock an event may be',
      default: '24h',
      helpValue: 'DURATION',
    }),
    'trust-clock': Flags.boolean({
      description: 'commit although the clock of this machine is more than five years after everything in the ledger',
    }),
    'max-line': Flags.integer({ description: "longest payload in bytes; default: the ledger's", helpValue: 'BYTES' }),
    quiet: Flags.boolean({ char: 'q', description: 'no progress and no summary' }),
  };

  async run(): Promise<object | undefined> {
    const { flags, raw } = await this.parse(Emit);
    const files = argumentsInOrder(raw);
    refuseTakenFiles({ ledgers: [flags.ledger], inputs: inputFiles(files), outputs: { rejects: flags.rejects } });
    const input = openInput(files);
    const isQuiet = flags.quiet || this.jsonEnabled();
    return withLedger(flags, 'write', async (engine, interrupt) => {
      const rejects = flags.rejects === undefined ? null : RejectFile.open(flags.rejects);
      const receipts = flags.receipts ? new ReceiptPrinter(interrupt) : null;
      const progress = new Progress(input.bytes, isQuiet);
      if (input.isTerminal && !isQuiet) this.logToStderr('reading JSON lines from the terminal; Ctrl-D ends them');
      const started = performance.now();
      const warnings: LedgerWarning[] = [];
      try {
        const report = await engine.ingest(input.sources, {
          producer: flags.producer,
          atomic: flags.atomic,
          key: flags.key,
          to: flags.to,
          envelope: flags.envelope,
          late: flags.late,
          maxSkew: flags['max-skew'],
          lineBytesMax: flags['max-line'],
          signal: interrupt.signal,
          onProgress: (state) => progress.update(state),
          onWarning: (warning) => {
            warnings.push(warning);
            printWarning(warning);
          },
          onReject: rejects === null ? undefined : (line) => rejects.add(line),
          syncRejects: rejects === null ? undefined : () => rejects.sync(),
          onCommit: receipts === null ? undefined : (events, place) => receipts.print(events, place),
        });
        progress.stop();
        if (receipts?.hasReader === false)
          this.logToStderr('stopped: the reader of the receipts has gone, and the rest of the input was not read');
        const summary = emissionLine(report, performance.now() - started);
        if (!isQuiet || !report.isComplete) this.logToStderr(summary);
        if (this.jsonEnabled()) sayOnOutputFailure(summary);
        if (report.rejected > 0) process.exitCode = EXIT_BAD_INPUT;
        return emissionDocument(report, warnings);
      } catch (error) {
        progress.stop();
        const failure = asFailure(error);
        const report = failure.details['report'] as EmissionReport | undefined;
        const summary = report === undefined ? '' : emissionLine(report, performance.now() - started, failure);
        if (summary !== '' && this.jsonEnabled()) sayOnOutputFailure(summary);
        await this.catch(failure);
        if (summary !== '') this.logToStderr(summary);
        return undefined;
      } finally {
        receipts?.close();
        rejects?.close();
      }
    });
  }
}

/** An error of the input stream is the input's, not a bug. */
function asFailure(error: unknown): LedgerError {
  if (error instanceof LedgerError) return error;
  if (typeof (error as NodeJS.ErrnoException).syscall === 'string') return unreadable('the input', error);
  throw error;
}
