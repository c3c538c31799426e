/** Builds the environment of a program, without the variables of the npm that runs this script: they would misdirect another npm. */

import { delimiter } from 'node:path';

const OF_THE_CALLER =
  /^(npm_(package|lifecycle|command|execpath|node_execpath|config_(prefix|local_prefix|global_prefix|user_agent|noproxy))|INIT_CWD$|NODE$|NODE_OPTIONS$|VITEST)/i;

/** `directories` are prepended to PATH. */
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
