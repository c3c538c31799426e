#!/usr/bin/env node
import { fileURLToPath } from 'node:url';
import { loadBundle } from './bundle.js';

const root = fileURLToPath(new URL('..', import.meta.url));
const argv = process.argv.slice(2);

const isDone = await loadBundle().exports.main(root, argv);
if (!isDone) {
  const { main } = await import('../dist/cli/main.js');
  await main(root, argv);
}

// 128 and more: a signal came, and the work has come to its end. A reader of the output who does not read must not keep the process from its own.
if (Number(process.exitCode) > 128) process.exit();
