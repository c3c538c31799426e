/**
 * The plate: one self-contained page about a ledger. Pure: a document in, a text out. No script, no network, no inline style, so that its policy can
 * forbid everything but its own style sheet and fonts.
 */

import { createHash } from 'node:crypto';
import type { SurveyDocument } from '../../views/survey-document.ts';
import type { ShownClock } from '../terminal/shown-clock.ts';
import { colouredPartitions } from './colours.ts';
import { commits } from './commits.ts';
import { footer } from './footer.ts';
import { groups } from './groups.ts';
import { cut, html, Markup } from './html.ts';
import { lastEvents } from './last-events.ts';
import { masthead, nameOf } from './masthead.ts';
import { overTime } from './over-time.ts';
import { partitionTable } from './partitions.ts';
import { specimen } from './specimen.ts';
import { producersAndStorage } from './storage.ts';
import { type PlateFonts, styleSheet } from './style.ts';

const TITLE_MAX = 120;

export function plate(survey: SurveyDocument, fonts: PlateFonts, clock: ShownClock): string {
  const style = styleSheet(fonts);
  const policy = `default-src 'none'; style-src 'sha256-${createHash('sha256').update(style).digest('base64')}'; font-src data:; base-uri 'none'; form-action 'none'`;
  const coloured = colouredPartitions(survey);
  const page = html`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta http-equiv="Content-Security-Policy" content="${policy}"><meta name="viewport" content="width=device-width, initial-scale=1"><meta name="color-scheme" content="light dark"><meta name="referrer" content="no-referrer"><title>${cut(nameOf(survey.overview.path), TITLE_MAX)}: ledger report</title><style>${new Markup(style)}</style></head>
<body><main>
${masthead(survey, clock)}${specimen(survey, coloured)}${overTime(survey, coloured, clock)}${partitionTable(survey, coloured, clock)}${groups(survey, clock)}${commits(survey)}${producersAndStorage(survey, clock)}${lastEvents(survey, coloured, clock)}${footer(survey)}</main></body></html>
`;
  return page.text;
}
