/** The forms of events on standard output, chosen by flag or by what stands behind it. */

import * as Flags from '@oclif/core/flags';
import { type EventForm, envelopeForm, payloadForm, StreamSink } from '../../index.ts';

export const outputFlag = Flags.option({
  char: 'o',
  description:
    'payload: the original lines; envelope: with sequence, partition, offset, time and key; pretty: for people. Default: pretty on a terminal, else payload',
  options: ['payload', 'envelope', 'pretty'] as const,
});

export type OutputName = 'payload' | 'envelope' | 'pretty';

/** Raw bytes are for pipes: on a terminal payloads are escaped, whatever form is asked for. */
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

/** A form for a reader that is a program. */
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
