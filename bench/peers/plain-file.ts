/** No store: writes the bytes through a pipe into a file, synced at the end. The upper limit of any peer. */

import { statSync } from 'node:fs';
import { join } from 'node:path';
import { runScript } from '../../src/cli/bench/processes.ts';
import type { Attempt, Outcome, Peer } from './peer.ts';

export const plainFile: Peer = {
  name: 'cat | dd conv=fsync, no store',
  needs: 'dd',
  promise: 'synced at its end',
  version: async () => '-',
  run: measure,
};

async function measure({ workload, directory, signal }: Attempt): Promise<Outcome> {
  const file = join(directory, 'events.jsonl');
  const { wallMs } = await runScript(
    'cat "$1" | dd of="$2" bs=1048576 conv=fsync 2> /dev/null',
    [workload.input, file],
    signal,
  );
  return { ms: wallMs, stored: statSync(file).size / workload.lineBytes };
}
