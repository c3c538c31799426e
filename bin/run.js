#!/usr/bin/env node
import { fileURLToPath } from 'node:url';
import { main } from '../dist/cli/main.js';

await main(fileURLToPath(new URL('..', import.meta.url)), process.argv.slice(2));

// 128 and more: a signal came, and the work has come to its end. A reader of the output who does not read must not keep the process from its own.
if (Number(process.exitCode) > 128) process.exit();
