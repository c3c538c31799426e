/** How much a fuzz looks at: enough for every run, and as much as one likes where COMPLETENGINE_TEST_LINES says so. */

const LINES_A_RUN = 200_000;

/** Lines of one fuzz. */
export function fuzzLines(): number {
  const given = process.env['COMPLETENGINE_TEST_LINES'];
  if (given === undefined) return LINES_A_RUN;
  const lines = Number(given);
  if (!Number.isInteger(lines) || lines < LINES_A_RUN) throw new Error(`COMPLETENGINE_TEST_LINES is '${given}', and must be ${LINES_A_RUN} or more`);
  return lines;
}

/** What a fuzz of so many lines may take: a machine that does nothing else needs a tenth of it. */
export function fuzzTimeoutMs(lines: number): number {
  return 60_000 + lines / 2;
}
