/** The registry of output formats. The flags, the help and the library's names follow from it. */

import { cloudevents } from './cloudevents.ts';
import { csv } from './csv.ts';
import { envelope } from './envelope.ts';
import type { EventFormat } from './event-format.ts';
import { payload } from './payload.ts';
import { template } from './template.ts';
import { tsv } from './tsv.ts';

/** The output formats by name, in the order of the help. */
export const formats = {
  payload,
  envelope,
  cloudevents,
  csv,
  tsv,
  template,
} satisfies Readonly<Record<string, EventFormat>>;
