/** The format `payload`: the payloads, byte for byte as they were emitted. */

import { type EventFormat, WHOLE_LINE } from './event-format.ts';

export const payload: EventFormat = {
  name: 'payload',
  summary: 'the original lines',
  layout: WHOLE_LINE,
  // whole commits as the kernel gathered them: per event this would take ten times as long
  lines: (batch) => [batch.lines()],
};
