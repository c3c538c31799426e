/** The environment of a program: what an npm that runs this script has set for itself would send another npm to the wrong places. */

import { delimiter } from 'node:path';

const OF_THE_CALLER =
  /^(npm_(package|lifecycle|command|execpath|node_execpath|config_(prefix|local_prefix|global_prefix|user_agent|noproxy))|INIT_CWD$|NODE$|NODE_OPTIONS$|VITEST)/i;

/** `directories` go before the path. */
export function environment(directories = [], more = {}) {
  const kept = Object.entries(process.env).filter(([name]) => !OF_THE_CALLER.test(name));
  const env = Object.fromEntries(kept);
  return {
    ...env,
    PATH: [...directories, env.PATH].join(delimiter),
    npm_config_update_notifier: 'false',
    CI: 'true',
    ...more,
  };
}
