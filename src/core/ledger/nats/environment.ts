/** The environment of this process, as the tools of NATS use it. The only file of the core that reads environment variables, for locations on NATS alone. */

import { readFile } from 'node:fs/promises';
import type { NatsEnvironment } from './settings-layer.ts';

export const processEnvironment: NatsEnvironment = {
  variables: process.env,
  async readText(path) {
    try {
      return await readFile(path, 'utf8');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
      throw error;
    }
  },
};
