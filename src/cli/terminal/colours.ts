/** The colours of the command line: by `--color`, else none without a terminal or with NO_COLOR; and a fixed one per partition. */

import chalk, { type ChalkInstance } from 'chalk';
import { onColourChoice } from './colour-choice.ts';

const { NO_COLOR, FORCE_COLOR, TERM } = process.env;
const detected = chalk.level;
/** FORCE_COLOR counts also without a terminal. */
const isDetected = FORCE_COLOR !== undefined || (process.stdout.isTTY === true && TERM !== 'dumb');
// no-color.org: set and not empty; chalk itself ignores this variable, and takes the word --color in the arguments for `always`
const automatic = NO_COLOR || !isDetected ? 0 : detected;

onColourChoice((choice) => {
  chalk.level = { auto: automatic, always: detected === 0 ? 1 : detected, never: 0 as const }[choice];
});

const OF_PARTITIONS = [chalk.cyan, chalk.green, chalk.magenta, chalk.yellow, chalk.blue, chalk.red];

/** The same colour everywhere for one partition. */
export function partitionColour(id: number): ChalkInstance {
  return OF_PARTITIONS[id % OF_PARTITIONS.length] ?? chalk.reset;
}

export { chalk };
