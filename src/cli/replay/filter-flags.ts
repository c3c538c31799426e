/** The filter flags `--key` and `--where`, shared by all commands. */

import * as Flags from '@oclif/core/flags';

/** `more`: flags they exclude, and their group in the help. */
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
