/** What our own verbs need of oclif's configuration. Reading its manifest and looking for plugins took 10 of the 80 ms that a small command adds to Node's start. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Config } from '@oclif/core/config';

/** As package.json has them. */
export const NAMES = { name: 'completengine', bin: 'completengine', dirname: 'completengine', topicSeparator: ' ' };

export class VerbConfig extends Config {
  readonly #verbs: readonly string[];

  /** `root`: the directory of package.json. `verbs`: their names, with spaces. */
  constructor(root: string, verbs: readonly string[]) {
    super({ root });
    Object.assign(this, { root, ...NAMES });
    // few commands need it, and to read it takes 0.4 ms
    let description: Config['pjson'] | undefined;
    const read = () => {
      description ??= JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as Config['pjson'];
      return description;
    };
    Object.defineProperties(this, { pjson: { get: read }, version: { get: () => read().version } });
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
