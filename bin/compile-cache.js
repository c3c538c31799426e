/** Chooses the compile cache of an installed command. No compiled code is shipped, because each version of Node compiles its own. */

const { lstatSync, mkdirSync } = require('node:fs');
const nodeModule = require('node:module');
const { homedir } = require('node:os');
const { dirname, isAbsolute, join } = require('node:path');

const OTHERS_MAY_WRITE = 0o022;
const STICKY = 0o1000;

/** Without a safe directory, or before Node 22.1, every start compiles everything: slower, with no other effect. */
function keepCompiledCode() {
  if (nodeModule.enableCompileCache === undefined) return;
  const directory = cacheDirectory();
  if (directory !== undefined) nodeModule.enableCompileCache(directory);
}

function cacheDirectory() {
  try {
    const base = process.env.XDG_CACHE_HOME ?? '';
    const directory = join(isAbsolute(base) ? base : join(homedir(), '.cache'), 'completengine');
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    return isOwn(directory) ? directory : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Cached code is executed, so only this user and root may be able to create a file there or to replace a parent directory.
 * Node's default directory is below /tmp, where any user could create it first.
 */
function isOwn(directory) {
  const uid = process.geteuid?.();
  // on Windows the access list protects a home directory
  if (uid === undefined) return true;
  for (let each = directory; ; each = dirname(each)) {
    const stat = lstatSync(each);
    const isOurs = stat.uid === uid || (each !== directory && stat.uid === 0);
    const isShared = (stat.mode & OTHERS_MAY_WRITE) !== 0 && (each === directory || (stat.mode & STICKY) === 0);
    if (!stat.isDirectory() || !isOurs || isShared) return false;
    if (each === dirname(each)) return true;
  }
}

module.exports = { isOwn, keepCompiledCode };
