/** The colours of this command line: none where nobody sees them or nobody wants them, and for each partition one of its own. */

import chalk, { type ChalkInstance } from 'chalk';

// no-color.org: set and not empty; chalk looks at other variables alone
if (process.env['NO_COLOR']) chalk.level = 0;

const OF_PARTITIONS = [chalk.cyan, chalk.green, chalk.magenta, chalk.yellow, chalk.blue, chalk.red];

/** The same wherever the partition is shown. */
export function partitionColour(id: number): ChalkInstance {
  return OF_PARTITIONS[id % OF_PARTITIONS.length] ?? chalk.reset;
}

export { chalk };
