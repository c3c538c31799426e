/** `inspect --metrics`: the figures of a ledger as OpenMetrics text. */

import type { Completengine } from '../../index.ts';
import { metricsText } from '../../views/metrics.ts';
import { timeOrNull } from '../../views/times.ts';
import { escapeForTerminal } from '../terminal/escape.ts';
import { overviewOf } from './overview.ts';

/** Everything is read before the first line. Escaped for a terminal, and without the last line end. */
export async function metricsOf(engine: Completengine, isTerminal: boolean): Promise<string> {
  const { committedAt } = await engine.gauges();
  const text = metricsText(await overviewOf(engine, { late: false }), timeOrNull(committedAt)).slice(0, -1);
  return isTerminal ? text.split('\n').map(escapeForTerminal).join('\n') : text;
}
