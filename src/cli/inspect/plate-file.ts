/** Writes the plate of a ledger: surveys it, verifies it, and writes the page whole or not at all. */

import { statSync } from 'node:fs';
import { type Completengine, LedgerError } from '../../index.ts';
import { surveyDocument } from '../../views/survey-document.ts';
import { type Verification, verificationOf } from '../../views/verify-document.ts';
import { writeAtomically } from '../state/atomic-file.ts';
import { refuseTakenFiles } from '../state/taken-files.ts';
import { escapeForTerminal } from '../terminal/escape.ts';
import { bytes } from '../terminal/format-numbers.ts';
import type { ShownClock } from '../terminal/shown-clock.ts';

export interface PlateFlags {
  readonly verify: boolean;
  readonly 'expect-head'?: string | undefined;
}

/** A larger ledger is verified only if that is asked for: it takes about a second per million events. */
const VERIFIED_EVENTS_MAX = 1_000_000;

/** `-` is standard output. @throws LedgerError INVALID_ARGUMENT */
export function checkPlateFile(file: string, command: { readonly ledger: string; readonly isJson: boolean }): void {
  if (command.isJson) throw refusal('--html and --json cannot be combined', 'leave out one of them');
  if (file === '') throw refusal('--html needs the name of a file', 'such as --html ledger.html');
  if (file !== '-') {
    refuseTakenFiles({ ledgers: [command.ledger], outputs: { html: file } });
    if (isIrregular(file))
      throw refusal(`--html ${file} is not a regular file`, 'name a file, or - for standard output');
    return;
  }
  if (process.stdout.isTTY === true)
    throw refusal('--html - writes a page to this terminal', 'name a file, or send the output to one');
}

/** Also a link to itself, which the system cannot follow. */
function isIrregular(file: string): boolean {
  try {
    return statSync(file, { throwIfNoEntry: false })?.isFile() === false;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ELOOP';
  }
}

export interface WrittenPlate {
  readonly page: string;
  /** One line. */
  readonly summary: string;
  /** The ledger did not stand verification; the page says so. */
  readonly failure: LedgerError | null;
}

/** @throws LedgerError IO_FAILED, and as surveying does */
export async function writePlate(
  engine: Completengine,
  file: string,
  options: PlateFlags & { readonly signal: AbortSignal; readonly clock: ShownClock },
): Promise<WrittenPlate> {
  const survey = await engine.survey({ signal: options.signal });
  const { clock } = options;
  const { verification, failure } = await verified(engine, survey.description.head.sequence, options);
  const document = surveyDocument(survey, verification);
  const { plate, readFonts } = await import('../plate/drawing.ts');
  const page = plate(document, await readFonts(), clock);
  if (file !== '-') writeAtomically(file, page);
  const size = bytes(Buffer.byteLength(page));
  return { page, failure, summary: `${escapeForTerminal(file)}: ${size}, one page without scripts or network` };
}

/** After the survey, so that every event on the page is among the verified ones. */
async function verified(
  engine: Completengine,
  events: number,
  { verify, 'expect-head': expectHead, signal }: PlateFlags & { readonly signal: AbortSignal },
): Promise<{ verification: Verification; failure: LedgerError | null }> {
  const isWanted = verify || expectHead !== undefined || events <= VERIFIED_EVENTS_MAX;
  if (!isWanted) return { verification: { state: 'unverified' }, failure: null };
  try {
    return { verification: verificationOf(await engine.verify({ expectHead, signal })), failure: null };
  } catch (error) {
    const isBroken =
      error instanceof LedgerError &&
      ['VERIFICATION_FAILED', 'HEAD_MISMATCH', 'ARCHIVE_MISSING', 'DAMAGED_LEDGER'].includes(error.code);
    if (!isBroken) throw error;
    return { verification: { state: 'broken', reason: error.message }, failure: error };
  }
}

function refusal(message: string, hint: string): LedgerError {
  return new LedgerError('INVALID_ARGUMENT', { message, hint });
}
