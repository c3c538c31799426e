/** `completengine partition explain`: where keys and events would go, and why. */

import * as Args from '@oclif/core/args';
import * as Flags from '@oclif/core/flags';
import { argumentsInOrder } from '../../cli/app/arguments.ts';
import { BaseCommand } from '../../cli/app/base-command.ts';
import { EXIT_BAD_INPUT } from '../../cli/app/exit-codes.ts';
import { withLedger } from '../../cli/app/session.ts';
import { openInput } from '../../cli/emit/input.ts';
import { explanationJson, explanationText } from '../../cli/partition/explain-text.ts';
import { plural } from '../../cli/terminal/format-numbers.ts';
import { type Completengine, type Explanation, payloadForm, StreamSink } from '../../index.ts';

export default class PartitionExplain extends BaseCommand {
  static override summary = 'Tell where keys or events would go, and by which rule; writes nothing.';
  static override description =
    `KEY is the key's text as envelopes show it; for a composite a+b, or the JSON list. Without one it reads events as emit does, from standard input.
It prints partition, key and rule, a line for each, with tabs between them. What would be a bad line has no partition but the reason; then the exit code is 65.`;
  static override strict = false;
  static override usage = '<%= command.id %> [KEY]...';
  static override examples = [
    '<%= config.bin %> <%= command.id %> acme initech',
    '<%= config.bin %> <%= command.id %> acme+billing',
    '<%= config.bin %> <%= command.id %> < events.jsonl | cut -f 1 | sort | uniq -c',
    '<%= config.bin %> <%= command.id %> --json < events.jsonl | jq -r .partition',
  ];
  // without ignoreStdin oclif takes what is piped in for the argument
  static override args = {
    key: Args.string({ description: 'keys; none: events on standard input', required: false, ignoreStdin: true }),
  };
  static override flags = {
    json: Flags.boolean({ description: 'a JSON document a line' }),
    envelope: Flags.boolean({ description: 'the lines are envelopes, as replay -o envelope prints them' }),
  };

  async run(): Promise<void> {
    const { flags, raw } = await this.parse(PartitionExplain);
    const keys = argumentsInOrder(raw);
    const toText = flags.json ? explanationJson : explanationText;
    await withLedger(flags, 'read', async (engine, { signal }) => {
      const sink = new StreamSink(process.stdout, payloadForm, signal);
      let refused = 0;
      for await (const explanations of keys.length > 0
        ? explainKeys(engine, keys)
        : this.#explainInput(engine, flags.envelope, signal)) {
        refused += explanations.filter(({ partition }) => partition === null).length;
        const isRead = await sink.write(explanations.map((explanation) => `${toText(explanation)}\n`).join(''));
        if (!isRead) break;
      }
      if (refused === 0) return;
      process.exitCode = EXIT_BAD_INPUT;
      this.logToStderr(`${plural(refused, keys.length > 0 ? 'key' : 'line')} would not be taken`);
    });
  }

  #explainInput(engine: Completengine, envelope: boolean, signal: AbortSignal): AsyncIterable<readonly Explanation[]> {
    const input = openInput([]);
    if (input.isTerminal) this.logToStderr('reading JSON lines from the terminal; Ctrl-D ends them');
    return engine.partitioning.explainLines(input.sources, { envelope, signal });
  }
}

async function* explainKeys(engine: Completengine, keys: readonly string[]): AsyncGenerator<readonly Explanation[]> {
  yield await engine.partitioning.explain(keys);
}
