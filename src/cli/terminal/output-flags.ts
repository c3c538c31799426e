/** The flags of commands that print events. All of them follow from the registry of formats. */

import * as Flags from '@oclif/core/flags';
import { type EventFormat, formats } from '../../index.ts';

export type FormatRegistry = Readonly<Record<string, EventFormat>>;

/** The format that only the command line has; it is loaded when it is used. */
export const PRETTY = { name: 'pretty', summary: 'for people' };

/** Flags as oclif parses them; those of formats are read by name. */
export interface OutputFlags {
  readonly output?: string | undefined;
  /** Zone of the times that are shown; UTC without. */
  readonly tz?: string | undefined;
}

/** `--output`, a flag for each setting of a format, and `--append` if a format has a beginning. */
export function outputFlags(registry: FormatRegistry = formats) {
  const known = Object.values(registry);
  const choices = [...known, PRETTY];
  const output = Flags.option({
    char: 'o',
    description: `${choices.map(({ name, summary }) => `${name}: ${summary}`).join('; ')}. Default: the format of a setting that is given, else pretty on a terminal and payload in a pipe`,
    options: choices.map(({ name }) => name),
  })();
  const settings = Object.fromEntries(
    settingsOf(known).map(([name, { summary, helpValue }]) => [
      name,
      Flags.string({ description: summary, helpValue }),
    ]),
  );
  const append = known.some(({ begin }) => begin !== undefined)
    ? {
        append: Flags.boolean({
          description: 'the output continues that of an interrupted run: without a beginning such as a header',
        }),
      }
    : {};
  // the flags beside `output` are not known to the compiler
  return { output, ...settings, ...append } as { output: typeof output };
}

/** Names of all flags that choose or configure an output, for commands in which they exclude others. */
export const OUTPUT_FLAGS = Object.keys(outputFlags());

/** The settings of all formats by name; several formats may share one. */
export function settingsOf(known: readonly EventFormat[]) {
  return known.flatMap(({ settings }) => Object.entries(settings ?? {}));
}
