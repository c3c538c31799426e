/** The contract of an output format: how events are written as bytes, and how they are read back. */

import type { EventBatch } from '../model/events/event.ts';
import type { EventLabels } from '../model/events/event-labels.ts';
import { kindOf, type OptionTable, required, text } from '../model/options/option-kinds.ts';
import { readOptions } from '../model/options/options.ts';
import type { FieldPath } from '../model/text/field-path.ts';
import type { TimeZone } from '../model/time/time-zone.ts';
import type { PieceMemory } from './pieces.ts';

/** Where a line holds the event that it was written from. */
export interface LineLayout {
  /** Path of the payload, the last field of the line; empty if the whole line is the payload. */
  readonly payload: FieldPath;
  /** Path of the ledger time; null if the line has only the payload's own time. */
  readonly time: FieldPath | null;
}

/** A line that is the payload. */
export const WHOLE_LINE: LineLayout = { payload: [], time: null };

/** A setting of a format. */
export interface FormatSetting {
  /** What it does, for the help. */
  readonly summary: string;
  /** Stands for its value in the help, such as `FIELDS`. */
  readonly helpValue: string;
  /** Whether the format cannot write without it. */
  readonly isRequired?: boolean | undefined;
}

/**
 * An output format. Formats hold no state: a line depends on its event alone, so the outputs of an interrupted run and
 * of the run that resumes it can be joined.
 */
export interface EventFormat {
  /** As in `-o NAME` and `formats.NAME`: lower-case letters, digits and hyphens. */
  readonly name: string;
  /** What a line is, in a few words, for the help. */
  readonly summary: string;
  /** How `emit` restores events from the lines; null if it cannot. */
  readonly layout: LineLayout | null;
  /** Precedes the first event of a document, such as a header. A document without events has it, too. */
  readonly begin?: string | undefined;
  /**
   * The events of a batch as lines, in pieces of whole lines, so that a large commit is never in memory as one text. An
   * empty batch has none. A format may write pieces into `memory`, if the caller lends it.
   */
  lines(batch: EventBatch, labels: EventLabels, memory?: PieceMemory): Iterable<Buffer>;
  /** The fields of payloads that the lines show; a stream's report names those that no event has. */
  readonly paths?: readonly FieldPath[] | undefined;
  /** Follows the last event of a complete document. */
  readonly end?: string | undefined;
  /** Settings by name; a flag each on the command line. */
  readonly settings?: Readonly<Record<string, FormatSetting>> | undefined;
  /** The format with these settings; those that are left out have their default. @throws LedgerError INVALID_ARGUMENT */
  with?(settings: Readonly<Record<string, string>>): EventFormat;
  /** A required setting that is not given yet: no output takes such a format. */
  readonly lacks?: string | undefined;
  /** The format with times as clocks in the zone show them. Without it, its times are in UTC, or it has none. */
  inZone?(zone: TimeZone): EventFormat;
}

/** A format with settings, each a text; those that are left out have their default. */
export interface ConfigurableFormat<Setting extends string> extends Omit<EventFormat, 'settings' | 'with'> {
  readonly settings: Readonly<Record<Setting, FormatSetting>>;
  /** @throws LedgerError INVALID_ARGUMENT naming a setting that it does not have, or that is missing or invalid */
  with(settings: { readonly [Name in Setting]?: string | undefined }): EventFormat;
}

/** The settings of a format as its caller gave them. @throws LedgerError INVALID_ARGUMENT */
export function readSettings<Setting extends string>(
  format: string,
  given: unknown,
  settings: Readonly<Record<Setting, FormatSetting>>,
): { readonly [Name in Setting]?: string | undefined } {
  const kinds = (Object.entries(settings) as [Setting, FormatSetting][]).map(
    ([name, { isRequired }]) => [name, isRequired === true ? required(text) : text] as const,
  );
  const table = Object.fromEntries(kinds) as OptionTable<{ [Name in Setting]?: string | undefined }>;
  return readOptions(`formats.${format}.with()`, given, table);
}

export const FORMAT = kindOf<EventFormat>(
  "a format such as formats.payload or formats.csv.with({ fields: 'time,key' })",
  (value) =>
    typeof value === 'object' &&
    value !== null &&
    typeof (value as EventFormat).lines === 'function' &&
    (value as EventFormat).lacks === undefined,
);

/** A format whose lines `emit` can read back. */
export const RESTORABLE = kindOf<EventFormat & { readonly layout: LineLayout }>(
  'a format that events can be restored from, such as formats.envelope',
  (value) => FORMAT.read(value)?.layout != null,
);
