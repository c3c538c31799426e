/** Fault model: a process that stores ids and pins in the index of a log is killed with SIGKILL at any moment. What is in the file belongs to the place that it names. */

import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { openMarkFile } from '../../src/core/ledger/sqlite/mark-index/open-mark-file.ts';
import { finished, startProgram } from '../support/cli.ts';
import { LineReader } from '../support/line-reader.ts';
import { tempDir } from '../support/temp-dir.ts';
