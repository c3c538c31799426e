/** `completengine emit`: commits JSON lines. */

import * as Args from '@oclif/core/args';
import * as Flags from '@oclif/core/flags';
import { argumentsInOrder } from '../cli/app/arguments.ts';
import { BaseCommand, namedLedger } from '../cli/app/base-command.ts';
import { EXIT_BAD_INPUT } from '../cli/app/exit-codes.ts';
import { durationFlag, sizeFlag } from '../cli/app/flag-kinds.ts';
import { hintText } from '../cli/app/hints.ts';
import { withLedger } from '../cli/app/session.ts';
import { printWarning } from '../cli/app/warning.ts';
import type { CheckpointFlags, Checkpoints } from '../cli/emit/checkpoints.ts';
import { emissionLine, lateHint, rejectedLine } from '../cli/emit/emission-text.ts';
import { inputFiles, openInput, unreadable } from '../cli/emit/input.ts';
import { Progress } from '../cli/emit/progress.ts';
import { ReceiptPrinter } from '../cli/emit/receipt-printer.ts';
import { RejectFile } from '../cli/emit/reject-file.ts';
import { type NamedFile, refuseTakenFiles } from '../cli/state/taken-files.ts';
import { printOnOutputFailure } from '../cli/terminal/guard-output.ts';
import { type Completengine, type EmissionReport, formats, LedgerError, type LedgerWarning } from '../index.ts';
import { type EmissionDocument, emissionDocument } from '../views/emission-document.ts';

export default class Emit extends BaseCommand {
  static override summary = 'Commit JSON lines from files or standard input.';
  static override description =
    `Each line is one event and is stored byte for byte. gzip and zstd are decoded. Events are committed in input order while the input is read.
A bad line stops the run: the lines before it are committed, the error names the line, and the exit code is 65. --rejects writes bad lines to a file and continues.
--checkpoint signs the head with the key of --sign, after the last commit and every 10 seconds while events come, and appends it to a file.`;
  static override enableJsonFlag = true;
  static override strict = false;
  static override usage =
    '<%= command.id %> [FILE...] [-l LEDGER] [--producer NAME] [--atomic] [--rejects FILE] [--receipts] [--checkpoint FILE --sign KEYFILE]';
  static override examples = [
    '$ cat events.jsonl | <%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> monday.jsonl tuesday.jsonl --producer week-12',
    '<%= config.bin %> <%= command.id %> --receipts < events.jsonl | tail -1',
    '<%= config.bin %> <%= command.id %> --key acme < orders-of-acme.jsonl',
    '<%= config.bin %> replay -o envelope | <%= config.bin %> <%= command.id %> --envelope -l copy.codex',
  ];
  // without ignoreStdin oclif reads the argument from a pipe
  static override args = {
    file: Args.string({
      description: 'files of JSON lines; - or no file: standard input',
      required: false,
      ignoreStdin: true,
    }),
  };
  static override flags = {
    producer: Flags.string({
      description: 'exactly-once: store the input position under this name; run again with the same input to resume',
      helpValue: 'PRODUCER',
    }),
    atomic: Flags.boolean({ description: 'commit all of the input, or nothing', exclusive: ['rejects'] }),
    rejects: Flags.string({
      description:
        'dead letter file: append bad lines to it, with the reason, and continue; exit code 65 if there were any',
      helpValue: 'FILE',
    }),
    receipts: Flags.boolean({ description: 'print one JSON line per committed event' }),
    key: Flags.string({
      description: 'key of all events, instead of their own; for a composite rule a+b',
      helpValue: 'VALUE',
    }),
    to: Flags.string({
      description: 'send all events to this partition, whatever the routing rule',
      helpValue: 'PARTITION',
    }),
    'expect-head': Flags.string({
      description: 'commit only if this is the head, otherwise exit 4 with the head that is there and store nothing',
      helpValue: 'SEQUENCE:HASH',
      exclusive: ['producer'],
    }),
    envelope: Flags.boolean({ description: 'input lines are envelopes, as replay -o envelope prints them' }),
    text: Flags.boolean({
      description: 'input lines are plain text: each becomes an event {"message": ..}',
      exclusive: ['envelope'],
    }),
    merge: Flags.boolean({
      description: 'merge the files by the times of their events: each is in order, and so is what is stored',
      exclusive: ['atomic', 'receipts', 'text'],
    }),
    'keep-cr': Flags.boolean({
      description:
        'store a carriage return before a line feed as part of the line; default: it belongs to the line end',
    }),
    checkpoint: Flags.string({
      description: 'append a signed checkpoint of the head to this file, after the last commit and at an interval',
      helpValue: 'FILE',
      dependsOn: ['sign'],
    }),
    'checkpoint-every': durationFlag({
      description: 'how often, while events come; default 10s',
      dependsOn: ['checkpoint'],
    }),
    sign: Flags.string({
      description: 'private Ed25519 key that signs checkpoints: PKCS#8 PEM, or of OpenSSH',
      helpValue: 'KEYFILE',
      dependsOn: ['checkpoint'],
    }),
    name: Flags.string({
      description: 'name of the key in the signature; default: the origin, completengine/UUID',
      helpValue: 'NAME',
      dependsOn: ['sign'],
    }),
    late: Flags.option({
      description: "event older than the ledger's head: record it at the head's time, or reject it as a bad line",
      options: ['record', 'reject'] as const,
      default: 'record' as const,
    })(),
    'max-skew': durationFlag({
      description: 'how far the time of an event may be ahead of the clock',
      default: '24h',
    }),
    'trust-clock': Flags.boolean({
      description: 'commit even if the clock of this machine is more than five years ahead of everything in the ledger',
    }),
    'max-line': sizeFlag({
      description: "maximum payload size; default: the ledger's limit",
    }),
    quiet: Flags.boolean({ char: 'q', description: 'print no progress and no summary; of rejected lines, how many' }),
  };

  async run(): Promise<EmissionDocument | undefined> {
    const { flags, raw } = await this.parse(Emit);
    const files = argumentsInOrder(raw);
    const inputs = [...inputFiles(files), ...(await keysOf(flags))];
    const outputs = { rejects: flags.rejects, checkpoint: flags.checkpoint };
    refuseTakenFiles({ ledgers: [flags.ledger], inputs, outputs });
    const isQuiet = flags.quiet || this.jsonEnabled();
    // the total is for the progress bar alone
    const input = openInput(files, !isQuiet && process.stderr.isTTY === true);
    const said = () => ({ ledger: namedLedger(flags.ledger), hasProducer: flags.producer !== undefined });
    let hasBegun = false;
    const emission = withLedger(flags, 'streaming', async (engine, interrupt) => {
      const ending = flags.checkpoint === undefined ? null : new AbortController();
      const checkpoints = await checkpointsOf(engine, flags, () => ending?.abort());
      hasBegun = true;
      const rejects = flags.rejects === undefined ? null : RejectFile.open(flags.rejects);
      const receipts = flags.receipts ? new ReceiptPrinter(interrupt) : null;
      const progress = new Progress(input.bytes, isQuiet);
      if (input.isTerminal && !isQuiet)
        this.logToStderr(`reading ${flags.text ? 'lines' : 'JSON lines'} from the terminal; press Ctrl-D to end`);
      const started = performance.now();
      const warnings: LedgerWarning[] = [...(checkpoints?.warnings ?? [])];
      for (const warning of warnings) printWarning(warning);
      try {
        const report = await engine.ingest(input.sources, {
          producer: flags.producer,
          atomic: flags.atomic,
          key: flags.key,
          to: flags.to,
          format: flags.envelope ? formats.envelope : undefined,
          expectHead: flags['expect-head'],
          merge: flags.merge,
          text: flags.text,
          keepCr: flags['keep-cr'],
          late: flags.late,
          maxSkew: flags['max-skew'],
          lineBytesMax: flags['max-line'],
          signal: ending === null ? interrupt.signal : AbortSignal.any([interrupt.signal, ending.signal]),
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
          this.logToStderr('stopped: the output pipe of the receipts is closed; the rest of the input was not read');
        const ms = performance.now() - started;
        const summary = () => emissionLine(report, ms, said());
        if (!isQuiet || !report.isComplete) this.logToStderr(summary());
        // cron mails what is printed, and not the exit code
        else if (report.rejected > 0 && !this.jsonEnabled())
          this.logToStderr(rejectedLine(report.rejected, flags.rejects ?? ''));
        await checkpoints?.end();
        const aheadMs = isQuiet || report.late === 0 ? 0 : (await engine.head()).time / 1000 - Date.now();
        const hint = isQuiet ? null : lateHint(report, { isMerged: flags.merge, aheadMs });
        if (hint !== null) this.logToStderr(hint);
        if (this.jsonEnabled()) printOnOutputFailure(summary());
        if (report.rejected > 0) process.exitCode = EXIT_BAD_INPUT;
        return emissionDocument(
          report,
          warnings.map((warning) => ({ ...warning, hint: hintText(warning.hint) })),
        );
      } catch (error) {
        progress.stop();
        const failure = asFailure(error);
        const report = failure.details['report'] as EmissionReport | undefined;
        const facts = { ...said(), failure };
        const summary = report === undefined ? '' : emissionLine(report, performance.now() - started, facts);
        if (summary !== '' && this.jsonEnabled()) printOnOutputFailure(summary);
        // also of an input that ends in a bad line: what was committed before it is signed
        await checkpoints?.endAfterFailure();
        await this.catch(failure);
        if (summary !== '') this.logToStderr(summary);
        return undefined;
      } finally {
        receipts?.close();
        rejects?.close();
      }
    });
    return emission.catch(async (error: unknown) => {
      if (hasBegun) throw error;
      await this.catch(error as Error);
      this.logToStderr('nothing committed');
      return undefined;
    });
  }
}

/** Loaded when they are used: signing needs node:crypto. */
async function checkpointsOf(
  engine: Completengine,
  flags: CheckpointFlags,
  onFailure: () => void,
): Promise<Checkpoints | null> {
  if (flags.checkpoint === undefined) return null;
  const { Checkpoints } = await import('../cli/emit/checkpoints.ts');
  return Checkpoints.begin(engine, flags, onFailure);
}

async function keysOf({ sign }: CheckpointFlags): Promise<NamedFile[]> {
  return sign === undefined ? [] : (await import('../cli/checkpoint/key-files.ts')).keyFiles(sign);
}

/** Translates an error of the input stream: it is bad input, not a bug. */
function asFailure(error: unknown): LedgerError {
  if (error instanceof LedgerError) return error;
  if (typeof (error as NodeJS.ErrnoException).syscall === 'string') return unreadable('the input', error);
  throw error;
}
