/** Chooses the form of events on standard output: by the flag, or by whether it is a terminal. */

import * as Flags from '@oclif/core/flags';
import { type EventForm, envelopeForm, payloadForm, StreamSink } from '../../index.ts';

export const outputFlag = Flags.option({
  char: 'o',
  description:
    'payload: the original lines; envelope: with sequence, partition, offset, time and key; pretty: for people. Default: pretty on a terminal, else payload',
  options: ['payload', 'envelope', 'pretty'] as const,
});

export type OutputName = 'payload' | 'envelope' | 'pretty';

/** Raw bytes go only to pipes and files: on a terminal every form is escaped. */
async function chooseForm(name: OutputName | undefined): Promise<EventForm> {
  const isTerminal = process.stdout.isTTY === true;
  const chosen = name ?? (isTerminal ? 'pretty' : 'payload');
  if (chosen === 'pretty') {
    const { prettyForm } = await import('./pretty.ts');
    return prettyForm(isTerminal ? process.stdout.columns : undefined);
  }
  const form = chosen === 'payload' ? payloadForm : envelopeForm;
  if (!isTerminal) return form;
  const { escapedForm } = await import('./pretty.ts');
  return escapedForm(form);
}

/** The form for a program that reads it. */
export async function outputForm(name: OutputName): Promise<EventForm> {
  if (name !== 'pretty') return name === 'payload' ? payloadForm : envelopeForm;
  const { prettyForm } = await import('./pretty.ts');
  return prettyForm(undefined);
}

export async function standardOutput(
  name: OutputName | undefined,
  signal: AbortSignal | undefined,
): Promise<StreamSink> {
  return new StreamSink(process.stdout, await chooseForm(name), signal);
}
