/** Tests that compiled code is only read from a directory that no other user can write to, because it is executed. */

import { chmodSync, chownSync, existsSync, mkdirSync, readdirSync, symlinkSync } from 'node:fs';
import module from 'node:module';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
// @ts-expect-error a script of the command line, without types
import { isOwn } from '../../bin/compile-cache.js';
import { PlantedPackage } from '../support/planted-package.ts';
import { tempDir } from '../support/temp-dir.ts';

describe('a directory of compiled code', () => {
  it('is accepted only from its owner', () => {
    const directory = join(tempDir(), 'cache');
    mkdirSync(directory, { mode: 0o700 });
    expect(isOwn(directory)).toBe(true);
    chmodSync(directory, 0o770);
    expect(isOwn(directory)).toBe(false);
    chmodSync(directory, 0o702);
    expect(isOwn(directory)).toBe(false);
  });

  it('is not accepted through a link, or below a directory that others can write', () => {
    const home = tempDir();
    const real = join(home, 'real', 'cache');
    mkdirSync(real, { recursive: true, mode: 0o700 });
    symlinkSync(real, join(home, 'link'));
    expect(isOwn(join(home, 'link'))).toBe(false);
    chmodSync(join(home, 'real'), 0o777);
    expect(isOwn(real)).toBe(false);
    // as in /tmp: others can add files, but replace none
    chmodSync(join(home, 'real'), 0o1777);
    expect(isOwn(real)).toBe(true);
  });

  it.runIf(process.geteuid?.() === 0)('is not taken from another user', () => {
    const directory = join(tempDir(), 'cache');
    mkdirSync(directory, { mode: 0o700 });
    chownSync(directory, 65534, 65534);
    expect(isOwn(directory)).toBe(false);
  });
});

describe('an installed command', () => {
  it('caches compiled code from its first run on, if Node can', () => {
    const planted = new PlantedPackage();
    const env = { XDG_CACHE_HOME: join(planted.project, 'cache') };
    for (const name of ['first', 'second'])
      expect(planted.command(['init', '-l', `${name}.codex`], env)).toMatchObject({ code: 0, err: '' });
    const kept = join(planted.project, 'cache/completengine');
    if (!('enableCompileCache' in module)) expect(existsSync(kept)).toBe(false);
    // the directory of this Node, and the bundle's code in it
    else expect(readdirSync(kept, { recursive: true }).length).toBeGreaterThan(1);
  });

  it('runs without a cache', () => {
    const planted = new PlantedPackage();
    expect(planted.command(['init'], { XDG_CACHE_HOME: '/dev/null/cache' })).toMatchObject({ code: 0, err: '' });
  });
});
