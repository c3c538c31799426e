/** `completengine partition explain`: shows where keys and events would go, and by which rule. */

import * as Args from '@oclif/core/args';
import * as Flags from '@oclif/core/flags';
import { argumentsInOrder } from '../../cli/app/arguments.ts';
import { BaseCommand } from '../../cli/app/base-command.ts';
import { EXIT_BAD_INPUT } from '../../cli/app/exit-codes.ts';
import { inFlags } from '../../cli/app/option-flags.ts';
import { safeJson } from '../../cli/app/safe-json.ts';
import { withLedger } from '../../cli/app/session.ts';
import { inputFiles, openInput } from '../../cli/emit/input.ts';
import { explanationText } from '../../cli/partition/explain-text.ts';
import { refuseTakenFiles } from '../../cli/state/taken-files.ts';
import { plural } from '../../cli/terminal/format-numbers.ts';
import { type Completengine, type Explanation, formats, StreamWriter } from '../../index.ts';
import type { ExplanationDocument } from '../../views/event-document.ts';

export default class PartitionExplain extends BaseCommand {
  static override summary = 'Show where keys or events would go, and by which rule; writes nothing.';
  static override description =
    `KEY is a key as envelopes show it; for a composite rule write a+b or the JSON list. Without KEY it reads events from standard input, as emit does.
It prints one line per key or event: partition, key and rule, separated by tabs. A bad line has no partition, the reason in place of the rule, and exit code 65.`;
  static override strict = false;
  static override usage = '<%= command.id %> [KEY]...';
  static override examples = [
    '<%= config.bin %> <%= command.id %> acme initech',
    '<%= config.bin %> <%= command.id %> acme+billing',
    '<%= config.bin %> <%= command.id %> < events.jsonl | cut -f 1 | sort | uniq -c',
    '<%= config.bin %> <%= command.id %> --json < events.jsonl | jq -r .partition',
  ];
  // without ignoreStdin oclif reads the argument from a pipe
  static override args = {
    key: Args.string({
      description: 'keys; none: read events from standard input',
      required: false,
      ignoreStdin: true,
    }),
  };
  static override flags = {
    json: Flags.boolean({ description: 'print one JSON document per line' }),
    envelope: Flags.boolean({ description: 'input lines are envelopes, as replay -o envelope prints them' }),
  };

  async run(): Promise<void> {
    const { flags, raw } = await this.parse(PartitionExplain);
    const keys = argumentsInOrder(raw);
    if (keys.length === 0) refuseTakenFiles({ ledgers: [flags.ledger], inputs: inputFiles([]) });
    const toText: (document: ExplanationDocument) => string = flags.json ? safeJson : explanationText;
    await withLedger(flags, 'read', async (engine, { signal }) => {
      const output = new StreamWriter(process.stdout, signal);
      let refused = 0;
      for await (const explanations of keys.length > 0
        ? explainKeys(engine, keys)
        : this.#explainInput(engine, flags.envelope, signal)) {
        refused += explanations.filter(({ partition }) => partition === null).length;
        const isRead = await output.write(
          explanations.map((explanation) => `${toText(worded(explanation))}\n`).join(''),
        );
        if (!isRead) break;
      }
      if (refused === 0) return;
      process.exitCode = EXIT_BAD_INPUT;
      this.logToStderr(`${plural(refused, keys.length > 0 ? 'key' : 'line')} would be rejected`);
    });
  }

  #explainInput(
    engine: Completengine,
    isEnvelope: boolean,
    signal: AbortSignal,
  ): AsyncIterable<readonly Explanation[]> {
    const input = openInput([], false);
    if (input.isTerminal) this.logToStderr('reading JSON lines from the terminal; press Ctrl-D to end');
    return engine.partitioning.explainLines(input.sources, {
      format: isEnvelope ? formats.envelope : undefined,
      signal,
    });
  }
}

/** Names flags in the reason why a line is rejected, which is in place of a rule. */
function worded(explanation: ExplanationDocument): ExplanationDocument {
  return explanation.partition === null ? { ...explanation, rule: inFlags(explanation.rule) } : explanation;
}

async function* explainKeys(engine: Completengine, keys: readonly string[]): AsyncGenerator<readonly Explanation[]> {
  yield await engine.partitioning.explain(keys);
}
