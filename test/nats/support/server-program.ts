/** The nats-servers that this machine has: the installed one, and a current one that scripts/nats-server.js has fetched. */

import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

export interface ServerProgram {
  readonly name: string;
  readonly path: string;
  /** Major and minor version. */
  readonly version: readonly [number, number];
}

const FETCHED = fileURLToPath(new URL('../../../node_modules/.cache/nats-server/nats-server', import.meta.url));

export const installedServer = programAt('nats-server');
/** At least 2.12. */
export const currentServer = existsSync(FETCHED) ? programAt(FETCHED) : null;

if (installedServer === null) report('nats-server is not installed: apt-get install nats-server');
if (currentServer === null) report('there is no current nats-server: run node scripts/nats-server.js');

function programAt(path: string): ServerProgram | null {
  const { stdout } = spawnSync(path, ['--version'], { encoding: 'utf8' });
  const version = /v(\d+)\.(\d+)\.\d+/.exec(stdout ?? '');
  return version && { name: version[0], path, version: [Number(version[1]), Number(version[2])] };
}

function report(reason: string): void {
  process.stderr.write(`\nSKIPPED: tests over NATS prove nothing here, because ${reason}\n`);
}

/**
 * Where a leader that was away is heard again, it may commit what the others have replaced meanwhile: readers on its side have then seen messages that the log does
 * not have, and end with VERIFICATION_FAILED. So it is with 2.9.10, and not with 2.15.1.
 */
export const hasSoundCommits = ({ version: [major, minor] }: ServerProgram): boolean => major > 2 || minor >= 12;
