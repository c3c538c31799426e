/** The flags that pick events by what they are: `--key` and `--where`, the same in every command. */

import * as Flags from '@oclif/core/flags';

/** `limits`: what they cannot stand beside. */
export const filterFlags = (limits: { readonly exclusive?: string[] } = {}) => ({
  key: Flags.string({ description: 'only events with this key', helpValue: 'KEY', ...limits }),
  where: Flags.string({
    description: 'only events that meet this; also != < <= > >= and ~ for a regular expression. Several: all of them',
    multiple: true,
    multipleNonGreedy: true,
    helpValue: 'PATH=VALUE',
    ...limits,
  }),
});
