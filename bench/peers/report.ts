/** Formats the figures of the peers as a Markdown table, relative to ours. */

import type { PeersOptions, PeersReport, Result } from './run.ts';

const COUNT = new Intl.NumberFormat('en');

type Settings = Pick<PeersOptions, 'events' | 'lineBytes' | 'rounds'>;

/** `ours`: name of the peer that the others are compared with. */
export function peersTable({ results, absent, failed }: PeersReport, settings: Settings, ours: string): string {
  const measure = results.find(({ peer }) => peer.name === ours);
  const rows = results.map((result) => row(result, settings, measure));
  return [
    `${COUNT.format(settings.events)} events of ${settings.lineBytes} bytes, the same input for all; medians of ${settings.rounds} interleaved rounds.`,
    'Processes are measured from start to exit. A server is already running: from the first byte read or sent to the last reply.',
    'With ready-made requests only the server is timed: no client reads lines and extracts keys, as ours does.',
    '',
    '| store | version | what holds at the end | events/s | MB/s | disk/input | our speed |',
    '| --- | --- | --- | ---: | ---: | ---: | ---: |',
    ...rows,
    ...(absent.length === 0
      ? []
      : ['', ...absent.map(({ name, needs }) => `Not installed, not measured: ${name} (needs ${needs}).`)]),
    ...(failed.length === 0
      ? []
      : ['', ...failed.map(({ peer, reason }) => `Failed, no figure: ${peer.name}: ${reason}`)]),
  ].join('\n');
}

function row(
  { peer, version, ms, diskBytes }: Result,
  { events, lineBytes }: Settings,
  measure: Result | undefined,
): string {
  const rate = (events * 1000) / ms;
  const cells = [
    peer.name,
    version,
    peer.promise,
    COUNT.format(Number(rate.toPrecision(3))),
    ((rate * lineBytes) / 1e6).toFixed(0),
    (diskBytes / (events * lineBytes)).toFixed(2),
    measure === undefined ? '' : `${(ms / measure.ms).toFixed(2)} x`,
  ];
  return `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
}
