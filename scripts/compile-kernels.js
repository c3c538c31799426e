/** Compiles the kernel for memory of its own and for shared memory, into a directory. One process for both: a second one took 2.8 s more, to load and warm up the compiler. */

import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import asc from 'assemblyscript/asc';

const KERNELS = {
  'kernel.wasm': ['simd,bulk-memory'],
  // a module that imports shared memory takes no other; the host names the maximum, which must not be larger
  'kernel-shared.wasm': ['simd,bulk-memory,threads', '--sharedMemory', '--maximumMemory', '65536'],
};

process.chdir(fileURLToPath(new URL('..', import.meta.url)));
const [directory] = process.argv.slice(2);
for (const [file, features] of Object.entries(KERNELS)) {
  const options = ['-O3', '--noAssert', '--runtime', 'stub', '--importMemory', '--memoryBase', '0'];
  const { error, stderr } = await asc.main([
    'kernel/index.ts',
    '--outFile',
    join(directory, file),
    ...options,
    '--enable',
    ...features,
  ]);
  if (error === null) continue;
  process.stderr.write(stderr.toString());
  process.exit(1);
}
