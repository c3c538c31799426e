/** The flags that pick events by what they are: `--key` and `--where`, the same in every command. */

import * as Flags from '@oclif/core/flags';

/** `more`: what they cannot stand beside, and where the help shows them. */
export const filterFlags = (more: { readonly exclusive?: string[]; readonly helpGroup?: string } = {}) => ({
  key: Flags.string({ description: 'only events with this key', helpValue: 'KEY', ...more }),
  where: Flags.string({
    description:
      'only events that match; also != < <= > >=, ~ for a regular expression (RE2), ~* ignoring case. Repeated: all must match',
    multiple: true,
    multipleNonGreedy: true,
    helpValue: 'PATH=VALUE',
    ...more,
  }),
});
