/** Makes one input of several, by the times that an emission reads. */

import { invalidArgument } from '../../model/ledger-error.ts';
import { NO_TIME, type TimeReading } from '../../model/time/time.ts';
import { planScan } from '../../scan/scan-plan.ts';
import { Scanner } from '../../scan/scanner.ts';
import { readTimeField } from '../../scan/time-field.ts';
import type { InputSource } from '../input/input-source.ts';
import { MergedSource } from '../input/merged-source.ts';
import { type EmissionSettings, fieldSlots, scanLimits } from './settings.ts';

/** @throws LedgerError INVALID_ARGUMENT if events have no time of their own */
export async function mergedSource(
  sources: readonly InputSource[],
  settings: EmissionSettings,
  signal?: AbortSignal,
): Promise<MergedSource> {
  const { paths, time } = fieldSlots(settings, []);
  if (time === null || settings.reading.isText)
    throw invalidArgument(
      'inputs are merged by the times of their events, and these have none',
      'create the ledger with `time`',
      'merge',
    );
  const limits = scanLimits(settings);
  const plan = planScan(paths, limits);
  const { KernelScanner } = await import('../../scan/kernel-scanner.ts');
  const reading: TimeReading = { time: NO_TIME, fault: undefined };
  return new MergedSource(
    sources,
    {
      scanner: plan.isForKernel ? new KernelScanner(plan) : new Scanner(plan),
      slotCount: plan.slotCount,
      timeOf: (bytes, lines, line) => {
        readTimeField(
          bytes,
          lines.kind(line, time),
          lines.fieldStart(line, time),
          lines.fieldEnd(line, time),
          reading,
          settings.zone,
        );
        return reading.fault === undefined ? reading.time : null;
      },
      lineBytesMax: limits.lineBytesMax,
    },
    signal,
  );
}
