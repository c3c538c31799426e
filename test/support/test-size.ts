/**
 * How much a test looks at. The quick size is enough for every run (`npm test`), the full one proves more and takes as long as it needs
 * (`npm run test:soak`); both run the same code and assert the same laws.
 */

export const isSoak = process.env['COMPLETENGINE_TEST_SIZE'] === 'full';

/** The first in every run, the second in a soak. */
export function quick<Size>(everyRun: Size, soak: Size): Size {
  return isSoak ? soak : everyRun;
}

/** Lines of one fuzz. */
export function fuzzLines(): number {
  return atLeast('COMPLETENGINE_TEST_LINES', quick(50_000, 200_000));
}

/** What the environment says, and never less than the size of the run. */
function atLeast(name: string, everyRun: number): number {
  const given = process.env[name];
  if (given === undefined) return everyRun;
  const number = Number(given);
  if (!Number.isInteger(number) || number < everyRun)
    throw new Error(`${name} is '${given}', and must be ${everyRun} or more`);
  return number;
}

/** What a fuzz of so many lines may take: a machine that does nothing else needs a tenth of it. */
export function fuzzTimeoutMs(lines: number): number {
  return 60_000 + lines / 2;
}

/** How long a group is put to the test, and how many events come in a second. */
export function groupLoad(): { readonly seconds: number; readonly rate: number } {
  return {
    seconds: atLeast('COMPLETENGINE_TEST_SECONDS', quick(4, 10)),
    rate: atLeast('COMPLETENGINE_TEST_RATE', quick(1000, 4000)),
  };
}
