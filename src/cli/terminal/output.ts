/** Chooses the format of events on standard output: by the flags, or by whether it is a terminal. */

import { continued, type EventFormat, formats, LedgerError, StreamSink, shellFlag, timeZone } from '../../index.ts';
import { type FormatRegistry, type OutputFlags, PRETTY, settingsOf } from './output-flags.ts';
import { completeLastLine } from './output-sync.ts';

/** Whether the flags choose a format, by its name or by a setting. */
export function choosesFormat(flags: OutputFlags, registry: FormatRegistry = formats): boolean {
  return flags.output !== undefined || Object.keys(settingsGiven(flags, registry)).length > 0;
}

/** The format for a program that reads it. @throws LedgerError INVALID_ARGUMENT for settings that do not fit it */
export async function outputFormat(flags: OutputFlags, registry: FormatRegistry = formats): Promise<EventFormat> {
  return chosenFormat(flags, { unnamed: formats.payload.name, columns: undefined }, registry);
}

/** The flags that choose the output, to compare it with that of another run. One that is not chosen is `payload`, on a terminal too. @throws LedgerError INVALID_ARGUMENT */
export function outputText(flags: OutputFlags, registry: FormatRegistry = formats): string {
  const settings = settingsGiven(flags, registry);
  const name = flags.output ?? formatOf(Object.keys(settings), registry) ?? formats.payload.name;
  const words = Object.entries(settings).map(([setting, value]) => shellFlag(setting, value));
  const zone = flags.tz === undefined || registry[name]?.inZone === undefined ? [] : [shellFlag('tz', flags.tz)];
  return [`-o ${name}`, ...words.sort(), ...zone].join(' ');
}

/**
 * Raw bytes go only to pipes and files: on a terminal every format is escaped. `isContinued`: an earlier run has begun
 * the document.
 */
export async function standardOutput(
  flags: OutputFlags,
  signal: AbortSignal | undefined,
  isContinued = settingIn(flags, 'append') === true,
): Promise<StreamSink> {
  const format = await formatForStdout(flags);
  return new StreamSink(process.stdout, isContinued ? continued(format) : format, signal);
}

/**
 * The output of a run whose position is kept, so that it may continue what a power failure or a kill has cut within a line: it begins on a line of its own then.
 * @throws LedgerError IO_FAILED
 */
export async function resumableOutput(
  flags: OutputFlags,
  signal: AbortSignal | undefined,
  isContinued?: boolean,
): Promise<StreamSink> {
  if (writesLines(flags)) completeLastLine();
  return standardOutput(flags, signal, isContinued);
}

/** A template may end in anything, and is a line only if it ends in a line end. */
function writesLines(flags: OutputFlags): boolean {
  const text = settingIn(flags, 'format');
  return typeof text !== 'string' || /(?:\n|\\n)$/.test(text);
}

/** What the command that resumes this output needs in addition to its flags. */
export async function appendFlags(flags: OutputFlags): Promise<string[]> {
  const { begin } = await formatForStdout(flags);
  return begin === undefined || settingIn(flags, 'append') === true ? [] : ['--append'];
}

async function formatForStdout(flags: OutputFlags): Promise<EventFormat> {
  if (process.stdout.isTTY !== true) return outputFormat(flags);
  const format = await chosenFormat(flags, { unnamed: PRETTY.name, columns: process.stdout.columns }, formats);
  if (format.name === PRETTY.name) return format;
  const { escapedFormat } = await import('./pretty.ts');
  return escapedFormat(format);
}

interface Defaults {
  /** The format without `--output` and without a setting. */
  readonly unnamed: string;
  /** Width of pretty lines; undefined: unlimited. */
  readonly columns: number | undefined;
}

async function chosenFormat(flags: OutputFlags, defaults: Defaults, registry: FormatRegistry): Promise<EventFormat> {
  const settings = settingsGiven(flags, registry);
  const name = flags.output ?? formatOf(Object.keys(settings), registry) ?? defaults.unnamed;
  const format = configured(await formatNamed(name, defaults.columns, registry), settings, registry);
  if (flags.tz === undefined || format.inZone === undefined) return format;
  return format.inZone(await timeZone(flags.tz));
}

async function formatNamed(name: string, columns: number | undefined, registry: FormatRegistry): Promise<EventFormat> {
  // oclif accepts no other names
  if (name !== PRETTY.name && Object.hasOwn(registry, name)) return registry[name] as EventFormat;
  const { prettyFormat } = await import('./pretty.ts');
  return prettyFormat(columns);
}

function settingsGiven(flags: OutputFlags, registry: FormatRegistry): Readonly<Record<string, string>> {
  const names = settingsOf(Object.values(registry)).map(([name]) => name);
  return Object.fromEntries(
    names.flatMap((name) => {
      const value = settingIn(flags, name);
      return typeof value === 'string' ? [[name, value] as const] : [];
    }),
  );
}

/** The only format that has the first of these settings; undefined without a setting. @throws LedgerError INVALID_ARGUMENT if there are several */
function formatOf([setting]: readonly string[], registry: FormatRegistry): string | undefined {
  if (setting === undefined) return undefined;
  const [format, ...others] = formatsWith(setting, registry);
  if (others.length === 0) return format;
  throw new LedgerError('INVALID_ARGUMENT', {
    message: `--${setting} without a format`,
    hint: `add ${choiceText(setting, registry)}`,
  });
}

/** @throws LedgerError INVALID_ARGUMENT for a setting that the format does not have, or that is missing */
function configured(
  format: EventFormat,
  settings: Readonly<Record<string, string>>,
  registry: FormatRegistry,
): EventFormat {
  const alien = Object.keys(settings).find((name) => format.settings?.[name] === undefined);
  if (alien !== undefined)
    throw new LedgerError('INVALID_ARGUMENT', {
      message: `--${alien} is not a setting of -o ${format.name}`,
      hint: `leave it out, or choose ${choiceText(alien, registry)}`,
    });
  const { lacks } = format;
  if (lacks !== undefined && settings[lacks] === undefined)
    throw new LedgerError('INVALID_ARGUMENT', {
      message: `-o ${format.name} needs --${lacks}`,
      hint: `add --${lacks} ${format.settings?.[lacks]?.helpValue ?? ''}: ${format.settings?.[lacks]?.summary ?? ''}`,
    });
  return format.with === undefined || Object.keys(settings).length === 0 ? format : format.with(settings);
}

function choiceText(setting: string, registry: FormatRegistry): string {
  return formatsWith(setting, registry)
    .map((name) => `-o ${name}`)
    .join(' or ');
}

function formatsWith(setting: string, registry: FormatRegistry): string[] {
  return Object.values(registry)
    .filter(({ settings }) => settings?.[setting] !== undefined)
    .map(({ name }) => name);
}

function settingIn(flags: OutputFlags, name: string): unknown {
  return (flags as Readonly<Record<string, unknown>>)[name];
}
