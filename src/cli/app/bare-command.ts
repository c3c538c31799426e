/** Base of every command, also of those that open no ledger: guards the output and prints errors. */

import { Command } from '@oclif/core/command';
import type { Config } from '@oclif/core/config';
import * as Flags from '@oclif/core/flags';
import type { ArgInput, FlagInput, Input, OutputArgs, OutputFlags, ParserOutput } from '@oclif/core/interfaces';
import { forbidsStream, refuseTakenFiles } from '../state/taken-files.ts';
import { COLOUR_CHOICES, type ColourChoice, chooseColour } from '../terminal/colour-choice.ts';
import { guardOutput } from '../terminal/guard-output.ts';
import { shortenHeads } from '../terminal/short-heads.ts';
import { failureDocument, printFailure } from './failure.ts';
import { noteLedger, onNamedLedger } from './hints.ts';
import { type CommandFacts, explainParserError, refuseValuesOfSwitches } from './parser-errors.ts';
import { retiredFlag } from './retired-flags.ts';
import { safeJson } from './safe-json.ts';

/** The flag that oclif adds by `enableJsonFlag`. */
const JSON_FLAG = { json: { type: 'boolean' } } as const;

export abstract class BareCommand extends Command {
  static override baseFlags = {
    color: Flags.option({
      description: 'colors; auto: on a terminal, by NO_COLOR and FORCE_COLOR',
      options: COLOUR_CHOICES,
      default: 'auto' as const,
      helpGroup: 'GLOBAL',
    })(),
    verbose: Flags.boolean({
      char: 'v',
      description: 'full heads, also where their lines wrap on a terminal',
      helpGroup: 'GLOBAL',
    }),
  };

  #isVerbose = false;

  /** Runs the command with this configuration. `run()` of oclif would load the configuration once more. */
  static start<T extends BareCommand>(this: new (argv: string[], config: Config) => T, argv: string[], config: Config) {
    return new this(argv, config)._run<unknown>();
  }

  protected override async init(): Promise<void> {
    await super.init();
    guardOutput();
    // a command line refused here counts as parsed: oclif would warn developers otherwise
    this.parsed = true;
    noteLedger('ledger' in this.#facts().flags ? this.argv : []);
    // before anything is printed, also about a wrong command line
    refuseTakenFiles({ ledgers: this.ledgersNamed(this.argv) });
  }

  /** The ledgers that the words after the verb name, before they are parsed. */
  protected ledgersNamed(_words: readonly string[]): readonly string[] {
    return [];
  }

  /** @throws UsageError, LedgerError for an invalid command line */
  protected override async parse<
    Flags extends OutputFlags<FlagInput>,
    Base extends OutputFlags<FlagInput>,
    Args extends OutputArgs<ArgInput>,
  >(options?: Input<Flags, Base, Args>, argv: string[] = this.argv): Promise<ParserOutput<Flags, Base, Args>> {
    const facts = this.#facts();
    refuseValuesOfSwitches(argv, facts);
    try {
      const parsed = await super.parse(options, argv);
      const { color, verbose } = parsed.flags as { readonly color?: ColourChoice; readonly verbose?: boolean };
      this.#isVerbose = verbose === true;
      chooseColour(color ?? 'auto');
      return parsed;
    } catch (error) {
      throw retiredFlag(error as Error, facts.verb) ?? explainParserError(error as Error, facts);
    }
  }

  // these write by themselves: oclif's module for that makes a spinner, and loads 11 modules for its colours
  override log(text = ''): void {
    if (!this.jsonEnabled()) process.stdout.write(`${this.#fitted(text, process.stdout)}\n`);
  }

  override logToStderr(text = ''): void {
    if (!this.jsonEnabled()) process.stderr.write(`${this.#fitted(onNamedLedger(text), process.stderr)}\n`);
  }

  override logJson(json: unknown): void {
    process.stdout.write(`${safeJson(json, 2)}\n`);
  }

  protected override async catch(error: Error): Promise<void> {
    const isDocument = this.jsonEnabled() && !forbidsStream(error, process.stdout.fd);
    if (isDocument) this.logJson(failureDocument(error));
    printFailure(error, isDocument);
  }

  #fitted(text: string, { isTTY, columns }: { readonly isTTY: boolean; readonly columns: number }): string {
    return isTTY === true && !this.#isVerbose ? shortenHeads(text, columns) : text;
  }

  #facts(): CommandFacts {
    const { id, baseFlags, flags, args, enableJsonFlag } = this.ctor;
    const verb = id.replaceAll(':', ' ');
    const below = this.config.commandIDs.map((each) => each.replaceAll(':', ' '));
    return {
      verb,
      flags: { ...baseFlags, ...flags, ...(enableJsonFlag ? JSON_FLAG : {}) } as CommandFacts['flags'],
      args: args as CommandFacts['args'],
      below: below.filter((each) => each.startsWith(`${verb} `)),
    };
  }
}
