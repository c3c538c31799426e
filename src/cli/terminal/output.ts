/** Chooses the format of events on standard output: by the flags, or by whether it is a terminal. */

import { continued, type EventFormat, formats, LedgerError, StreamSink } from '../../index.ts';
import { type FormatRegistry, type OutputFlags, PRETTY, settingsOf } from './output-flags.ts';

/** The format for a program that reads it. @throws LedgerError INVALID_ARGUMENT for a setting that it does not have */
export async function outputFormat(flags: OutputFlags, registry: FormatRegistry = formats): Promise<EventFormat> {
  return configured(await formatNamed(flags.output ?? formats.payload.name, undefined, registry), flags, registry);
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

/** What the command that resumes this output needs in addition to its flags. */
export async function appendFlags(flags: OutputFlags): Promise<string[]> {
  const { begin } = await formatForStdout(flags);
  return begin === undefined || settingIn(flags, 'append') === true ? [] : ['--append'];
}

async function formatForStdout(flags: OutputFlags): Promise<EventFormat> {
  const isTerminal = process.stdout.isTTY === true;
  if (!isTerminal) return outputFormat(flags);
  const name = flags.output ?? PRETTY.name;
  const format = configured(await formatNamed(name, process.stdout.columns, formats), flags, formats);
  if (name === PRETTY.name) return format;
  const { escapedFormat } = await import('./pretty.ts');
  return escapedFormat(format);
}

/** `columns`: width of pretty lines; undefined: unlimited. */
async function formatNamed(name: string, columns: number | undefined, registry: FormatRegistry): Promise<EventFormat> {
  // oclif accepts no other names
  if (name !== PRETTY.name && Object.hasOwn(registry, name)) return registry[name] as EventFormat;
  const { prettyFormat } = await import('./pretty.ts');
  return prettyFormat(columns);
}

function configured(format: EventFormat, flags: OutputFlags, registry: FormatRegistry): EventFormat {
  const given = [...new Set(settingsOf(Object.values(registry)).map(([name]) => name))].flatMap((name) => {
    const value = settingIn(flags, name);
    return typeof value === 'string' ? [[name, value] as const] : [];
  });
  if (given.length === 0) return format;
  const alien = given.find(([name]) => format.settings?.[name] === undefined);
  if (alien === undefined && format.with !== undefined) return format.with(Object.fromEntries(given));
  throw new LedgerError('INVALID_ARGUMENT', {
    message: `--${alien?.[0]} is not a setting of -o ${format.name}`,
    hint: `leave it out, or choose one of: ${formatsWith(alien?.[0] ?? '', registry)}`,
  });
}

function formatsWith(setting: string, registry: FormatRegistry): string {
  return Object.values(registry)
    .filter(({ settings }) => settings?.[setting] !== undefined)
    .map(({ name }) => `-o ${name}`)
    .join(', ');
}

function settingIn(flags: OutputFlags, name: string): unknown {
  return (flags as Readonly<Record<string, unknown>>)[name];
}
