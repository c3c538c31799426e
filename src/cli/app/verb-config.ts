/** What our own verbs need of oclif's configuration. Reading its manifest and looking for plugins took 10 of the 80 ms that a small command adds to Node's start. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Config } from '@oclif/core/config';

export class VerbConfig extends Config {
  readonly #verbs: readonly string[];

  /** `root`: the directory of package.json. `verbs`: their names, with spaces. */
  constructor(root: string, verbs: readonly string[]) {
    super({ root });
    const pjson = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
    const { bin, dirname, topicSeparator } = pjson.oclif;
    Object.assign(this, { root, pjson, name: pjson.name, version: pjson.version, bin, dirname, topicSeparator });
    this.#verbs = verbs;
  }

  override get commandIDs(): string[] {
    return [...this.#verbs];
  }

  /** There are no plugins, which would have them. */
  override async runHook(): Promise<{ failures: []; successes: [] }> {
    return { failures: [], successes: [] };
  }
}
