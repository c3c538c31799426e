/** How much a test looks at: enough for every run, and as much as one likes where the environment says so. */

const LINES_A_RUN = 200_000;

/** Lines of one fuzz. */
export function fuzzLines(): number {
  return atLeast('COMPLETENGINE_TEST_LINES', LINES_A_RUN);
}

/** What the environment says, and never less than what every run looks at. */
function atLeast(name: string, everyRun: number): number {
  const given = process.env[name];
  if (given === undefined) return everyRun;
  const number = Number(given);
  if (!Number.isInteger(number) || number < everyRun) throw new Error(`${name} is '${given}', and must be ${everyRun} or more`);
  return number;
}

/** What a fuzz of so many lines may take: a machine that does nothing else needs a tenth of it. */
export function fuzzTimeoutMs(lines: number): number {
  return 60_000 + lines / 2;
}

const SECONDS_A_RUN = 10;
const EVENTS_A_SECOND = 4000;

/** How long a group is put to the test, and how many events come in a second. */
export function groupLoad(): { readonly seconds: number; readonly rate: number } {
  return { seconds: atLeast('COMPLETENGINE_TEST_SECONDS', SECONDS_A_RUN), rate: atLeast('COMPLETENGINE_TEST_RATE', EVENTS_A_SECOND) };
}
