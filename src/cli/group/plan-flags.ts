/** The flags of commands that plan a change of a group, and apply it on request. */

import * as Flags from '@oclif/core/flags';

export const planFlags = {
  yes: Flags.boolean({ description: 'apply the plan; without it, it is only printed' }),
  force: Flags.boolean({
    description: 'also while members are active: deliveries in progress are then not acknowledged',
  }),
};
