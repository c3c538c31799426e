/** The report of a replay, for people and as a document. */

import { formatTime, type TellingReport } from '../index.ts';
import { bytes, plural, rate, seconds } from './figures.ts';

export function replayLine(report: TellingReport): string {
  if (report.events === 0) return 'no events in this range';
  const parts = [
    `${plural(report.events, 'event')} (${bytes(report.bytes)} in ${seconds(report.wallMs)}, ${rate(report.events, report.wallMs)})`,
    `sequences ${report.firstSequence}-${report.lastSequence}`,
    `${formatTime(report.firstTime ?? 0)} to ${formatTime(report.lastTime ?? 0)}`,
    report.isVerified ? 'verified' : 'not verified',
    `digest ${report.digest}`,
  ];
  if (!report.isComplete) parts.push('the rest was not told');
  return parts.join('; ');
}

export function replayDocument(report: TellingReport): object {
  const time = (micros: number | null) => (micros === null ? null : formatTime(micros));
  return { ...report, firstTime: time(report.firstTime), lastTime: time(report.lastTime) };
}
