/** Reads the checks of `inspect --check`: `lag<1000`, `oldest:mailer<5m`. */

import { LedgerError, nearName } from '../../index.ts';
import { type Check, FIGURE_NAMES, type FigureUnit, figureNamed, type Operator } from '../../views/checks.ts';
import { millisOf } from '../app/durations.ts';
import { readByteSize, readWholeNumber } from '../app/whole-number.ts';

const CHECK = /^\s*([a-z]+)(?::([^<>=]+))?\s*(<=|>=|<|>|=)\s*(\S+)\s*$/;

/** Limits are written as the values of flags are, and may be 0. A count has no unit: 5m would be five million, or five minutes of another figure. */
const LIMITS: Readonly<Record<FigureUnit, (text: string) => number>> = {
  count: (text) => readWholeNumber(text, { noun: 'a whole number', hint: 'write a whole number, such as 1000' }),
  duration: millisOf,
  size: (text) => readByteSize(text, 0),
};

/** @throws LedgerError INVALID_ARGUMENT */
export function parseCheck(text: string): Check {
  const [, name = '', group, operator, limit = ''] = CHECK.exec(text) ?? [];
  if (operator === undefined)
    throw refusal(text, 'is not a check', "write FIGURE<LIMIT: 'lag<1000', 'oldest:mailer<5m'");
  const figure = figureNamed(name);
  if (figure === null) {
    const near = nearName(name, FIGURE_NAMES);
    throw refusal(
      text,
      `names no figure '${name}'`,
      near === null ? `the figures are ${FIGURE_NAMES.join(', ')}` : `write ${near}`,
    );
  }
  if (group !== undefined && !figure.isOfGroups)
    throw refusal(text, `names a group, but ${name} is one of the ledger`, `write ${name}${operator}${limit}`);
  return {
    text,
    name,
    group: group?.trim() ?? null,
    operator: operator as Operator,
    limit: readLimit(text, limit, figure.unit),
  };
}

function readLimit(check: string, text: string, unit: FigureUnit): number {
  try {
    return LIMITS[unit](text);
  } catch (error) {
    if (!(error instanceof LedgerError)) throw error;
    throw refusal(check, `has no limit that can be read: ${error.message}`, error.hint);
  }
}

function refusal(check: string, fact: string, hint: string | undefined): LedgerError {
  return new LedgerError('INVALID_ARGUMENT', { message: `--check '${check.slice(0, 80)}' ${fact}`, hint });
}
