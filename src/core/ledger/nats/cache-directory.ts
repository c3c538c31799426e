/** Where files are kept that can be made again at any time. No I/O. */

import { homedir } from 'node:os';
import { isAbsolute, join } from 'node:path';
import type { NatsEnvironment } from './settings-layer.ts';

/** `completengine` in `XDG_CACHE_HOME`, which counts only if it is absolute, or in `~/.cache`. */
export function cacheDirectory(variables: NatsEnvironment['variables']): string {
  const { XDG_CACHE_HOME: chosen = '', HOME: home } = variables;
  return join(isAbsolute(chosen) ? chosen : join(home || homedir(), '.cache'), 'completengine');
}
