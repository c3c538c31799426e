/** The registry of output formats. The flags, the help and the library's names follow from it. */

import { envelope } from './envelope.ts';
import type { EventFormat } from './event-format.ts';
import { payload } from './payload.ts';

/** The output formats by name, in the order of the help. */
export const formats = {
  payload,
  envelope,
} satisfies Readonly<Record<string, EventFormat>>;
