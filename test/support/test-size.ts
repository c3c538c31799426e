/**
 * The size of a test. The quick size is for every run (`npm test`), the full one covers more and takes longer (`npm run test:soak`).
 * Both run the same code and assert the same laws.
 */

export const isSoak = process.env['COMPLETENGINE_TEST_SIZE'] === 'full';

/** Returns the first in every run, the second in a soak. */
export function quick<Size>(everyRun: Size, soak: Size): Size {
  return isSoak ? soak : everyRun;
}

/** Lines of one fuzz. */
export function fuzzLines(): number {
  return atLeast('COMPLETENGINE_TEST_LINES', quick(30_000, 200_000));
}

/** States of all scenarios of power cuts together. */
export function powerCutStates(): number {
  return atLeast('COMPLETENGINE_TEST_STATES', quick(300, 3000));
}

/** Trials of failed calls for each scenario; of large ones a quarter. */
export function diskFaultTrials(isLarge: boolean): number {
  const trials = atLeast('COMPLETENGINE_TEST_TRIALS', quick(2, 40));
  return isLarge ? Math.ceil(trials / 4) : trials;
}

/** The number of the environment variable, but at least the size of the run. */
function atLeast(name: string, everyRun: number): number {
  const given = process.env[name];
  if (given === undefined) return everyRun;
  const number = Number(given);
  if (!Number.isInteger(number) || number < everyRun)
    throw new Error(`${name} is '${given}', and must be ${everyRun} or more`);
  return number;
}

/** Time limit of a fuzz of this many lines: ten times that of an idle machine. */
export function fuzzTimeoutMs(lines: number): number {
  return 60_000 + lines / 2;
}

/** Duration of a group test, and its events per second. */
export function groupLoad(): { readonly seconds: number; readonly rate: number } {
  return {
    seconds: atLeast('COMPLETENGINE_TEST_SECONDS', quick(3, 10)),
    rate: atLeast('COMPLETENGINE_TEST_RATE', quick(1000, 4000)),
  };
}

/**
 * Arguments of `init`, with the compression that `COMPLETENGINE_TEST_COMPRESSION` names for all ledgers of the command line that name none: what holds for
 * plain ledgers holds for compressed ones.
 */
export function compressionArgs(initArgs: readonly string[]): readonly string[] {
  const compression = process.env['COMPLETENGINE_TEST_COMPRESSION'];
  return compression === undefined || initArgs.includes('--compression')
    ? initArgs
    : [...initArgs, '--compression', compression];
}
