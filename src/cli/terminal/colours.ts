/** The colours of the command line: none without a terminal or with NO_COLOR, and a fixed one per partition. */

import chalk, { type ChalkInstance } from 'chalk';

// no-color.org: set and not empty; chalk itself ignores this variable
if (process.env['NO_COLOR']) chalk.level = 0;

const OF_PARTITIONS = [chalk.cyan, chalk.green, chalk.magenta, chalk.yellow, chalk.blue, chalk.red];

/** The same colour everywhere for one partition. */
export function partitionColour(id: number): ChalkInstance {
  return OF_PARTITIONS[id % OF_PARTITIONS.length] ?? chalk.reset;
}

export { chalk };
