/** Runs a benchmark from the command line: Ctrl-C ends it and removes its files, progress and failures go to standard error. */

import { printFailure } from '../src/cli/app/failure.ts';
import { listenForInterrupt } from '../src/cli/app/interrupt.ts';

export interface BenchmarkRun {
  readonly signal: AbortSignal;
  readonly onProgress: (text: string) => void;
}

export async function runBenchmark(measure: (run: BenchmarkRun) => Promise<void>): Promise<void> {
  const interrupt = listenForInterrupt();
  try {
    await measure({ signal: interrupt.signal, onProgress: (text) => process.stderr.write(`${text}\n`) });
  } catch (error) {
    if (interrupt.signal.aborted) process.stderr.write('stopped; temporary files were removed\n');
    else printFailure(error);
  } finally {
    interrupt.setExitCode();
    interrupt.close();
  }
}
