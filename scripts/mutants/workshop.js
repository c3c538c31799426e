/** A copy of the repository in a temporary directory, in which bugs are planted: the working tree itself is never changed. */

import { execFileSync, spawnSync } from 'node:child_process';
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { planted } from './plant.js';

/** A bug can keep a test from ever ending. */
const TESTS_MS_MAX = 10 * 60_000;

export class Workshop {
  #root;
  #directory = mkdtempSync(join(tmpdir(), 'completengine-mutants-'));
  /** What was planted last must be restored, and the build of it is no build of the sources. */
  #isBuiltSound = false;

  /** Of tracked files and new ones, with the packages as links: each has its own mark of what was built. */
  constructor(root) {
    this.#root = root;
    // some tests run commands as another user
    chmodSync(this.#directory, 0o755);
    const names = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], { cwd: root });
    for (const name of names.toString().split('\0')) {
      const from = join(root, name);
      if (name === '' || !existsSync(from)) continue;
      mkdirSync(dirname(join(this.#directory, name)), { recursive: true });
      cpSync(from, join(this.#directory, name));
    }
    const packages = join(root, 'node_modules');
    mkdirSync(join(this.#directory, 'node_modules'));
    for (const name of readdirSync(packages))
      if (name === '.bin' || !name.startsWith('.'))
        symlinkSync(join(packages, name), join(this.#directory, 'node_modules', name));
  }

  /** Builds the sound sources, unless they are built: tests of built code that need no bug planted in it find this build. */
  buildSound() {
    if (this.#isBuiltSound) return;
    this.#build();
    this.#isBuiltSound = true;
  }

  /** Runs `work` with the bug planted, and built if it must be; the sources are as before then. */
  with(mutant, work) {
    const path = join(this.#directory, mutant.file);
    const sound = readFileSync(path);
    writeFileSync(path, planted(this.#root, mutant));
    try {
      if (mutant.isBuilt) {
        this.#isBuiltSound = false;
        this.#build();
      }
      return work();
    } finally {
      writeFileSync(path, sound);
    }
  }

  /** The first test of these files that fails, as `file > test`; null if all pass. @throws Error if no test runs */
  firstFailure(tests) {
    const report = join(this.#directory, 'mutants-report.json');
    rmSync(report, { force: true });
    const { error, stdout, stderr } = spawnSync(
      join(this.#directory, 'node_modules/.bin/vitest'),
      ['run', '--bail=1', '--reporter=json', `--outputFile=${report}`, ...tests],
      { cwd: this.#directory, timeout: TESTS_MS_MAX, killSignal: 'SIGKILL', encoding: 'utf8' },
    );
    if (error?.code === 'ETIMEDOUT') return `${tests[0]} > never ends`;
    if (!existsSync(report)) throw new Error(`the tests did not run:\n${stdout}${stderr}`);
    const { testResults, numTotalTests } = JSON.parse(readFileSync(report, 'utf8'));
    for (const { name, status, assertionResults } of testResults) {
      const file = name.slice(this.#directory.length + 1);
      const failed = assertionResults.find((result) => result.status === 'failed');
      if (failed !== undefined) return `${file} > ${failed.fullName.trim()}`;
      if (status === 'failed') return `${file} > cannot be loaded`;
    }
    if (numTotalTests === 0) throw new Error(`no test ran: ${tests.join(', ')}`);
    return null;
  }

  remove() {
    rmSync(this.#directory, { recursive: true, force: true });
  }

  #build() {
    execFileSync(process.execPath, ['scripts/build.js'], { cwd: this.#directory, stdio: ['ignore', 'ignore', 'pipe'] });
  }
}
