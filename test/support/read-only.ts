/** Runs programs for which a directory is on a read-only file system, while it can be written for all others. */

import { fileURLToPath } from 'node:url';

const HERE = fileURLToPath(new URL('.', import.meta.url));
const NAMESPACE = ['--user', '--map-root-user', '--mount', 'sh', '-c'] as const;
// of the outer mount a namespace must keep these flags; which kind of access times cannot be asked for portably
const BIND =
  'mount --bind "$1" "$1" && for time in relatime noatime strictatime; do mount -o "remount,bind,ro,nosuid,nodev,$time" "$1" 2> /dev/null && break; done && ! touch "$1" 2> /dev/null';

export const READ_ONLY_PROBE = ['unshare', ...NAMESPACE, BIND, 'sh', HERE] as const;

/** The command line. */
export function readOnlyCommand(directory: string, program: string, args: readonly string[]): [string, string[]] {
  return ['unshare', [...NAMESPACE, `${BIND} && shift && exec "$@"`, 'sh', directory, program, ...args]];
}
