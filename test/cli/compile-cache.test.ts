/** Compiled code is read from a directory that nobody else may write to, or from none: what is read there is executed. */

import { chmodSync, chownSync, existsSync, mkdirSync, readdirSync, symlinkSync } from 'node:fs';
import module from 'node:module';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
// @ts-expect-error a script of the command line, without types
import { isOwn } from '../../bin/compile-cache.js';
import { PlantedPackage } from '../support/planted-package.ts';
import { tempDir } from '../support/temp-dir.ts';

describe('a directory of compiled code', () => {
  it('is taken from its owner alone', () => {
    const directory = join(tempDir(), 'cache');
    mkdirSync(directory, { mode: 0o700 });
    expect(isOwn(directory)).toBe(true);
    chmodSync(directory, 0o770);
    expect(isOwn(directory)).toBe(false);
    chmodSync(directory, 0o702);
    expect(isOwn(directory)).toBe(false);
  });

  it('is not taken through a link, or from below a directory that others may write to', () => {
    const home = tempDir();
    const real = join(home, 'real', 'cache');
    mkdirSync(real, { recursive: true, mode: 0o700 });
    symlinkSync(real, join(home, 'link'));
    expect(isOwn(join(home, 'link'))).toBe(false);
    chmodSync(join(home, 'real'), 0o777);
    expect(isOwn(real)).toBe(false);
    // as in /tmp: others may add to it, and exchange nothing
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
  it('keeps compiled code from its first run on, where Node can', () => {
    const planted = new PlantedPackage();
    const env = { XDG_CACHE_HOME: join(planted.project, 'cache') };
    for (const name of ['first', 'second'])
      expect(planted.command(['init', '-l', `${name}.codex`], env)).toMatchObject({ code: 0, err: '' });
    const kept = join(planted.project, 'cache/completengine');
    if (!('enableCompileCache' in module)) expect(existsSync(kept)).toBe(false);
    else expect(readdirSync(kept, { recursive: true }).length).toBeGreaterThan(2);
  });

  it('runs where nothing can be kept', () => {
    const planted = new PlantedPackage();
    expect(planted.command(['init'], { XDG_CACHE_HOME: '/dev/null/cache' })).toMatchObject({ code: 0, err: '' });
  });
});
