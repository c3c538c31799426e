/** Kinds of flags: one way to write a count, a size and a duration, whatever the command. A wrong value is refused by the name of its flag. */

import * as Flags from '@oclif/core/flags';
import { readDuration } from '../../index.ts';
import { readByteSize, readCount } from './whole-number.ts';

/** `5s`, `500ms`, `1h30m`, or seconds: checked here, and read by the call. */
export const durationFlag = Flags.custom<string>({
  helpValue: 'DURATION',
  parse: async (text) => {
    readDuration(text);
    return text;
  },
});

/** `30MB`, `16MiB`, or bytes. */
export const sizeFlag = Flags.custom<number>({ helpValue: 'SIZE', parse: async (text) => readByteSize(text) });

/** A number of things, at least one: `100`, `200_000`, `200k`, `1.5M`, `2e5`. */
export const countFlag = Flags.custom<number>({
  helpValue: 'N',
  parse: async (text) => readCount(text),
});
