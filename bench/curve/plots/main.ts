/** `npm run bench:plots [-- FILE [DIRECTORY]]`: draws the plots of a run of `bench:curve`; default: the one that is committed, into docs/images. */

import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { CurveDocument } from '../document.ts';
import { drawPlot } from './plot.ts';
import { plotsOf } from './questions.ts';

// of the bundle in dist/bench
const root = fileURLToPath(new URL('../..', import.meta.url));
const [file = join(root, 'bench/curve/results/curve.json'), directory = join(root, 'docs/images')] =
  process.argv.slice(2);

mkdirSync(directory, { recursive: true });
for (const plot of plotsOf(JSON.parse(readFileSync(file, 'utf8')) as CurveDocument)) {
  const image = join(directory, `${plot.name}.svg`);
  writeFileSync(image, drawPlot(plot));
  console.log(image);
}
