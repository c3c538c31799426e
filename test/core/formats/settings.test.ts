import { expect, test } from 'vitest';
import { formats } from '../../../src/index.ts';
import { failureOf } from '../../support/engines.ts';

const WRONG: readonly (readonly [keyof typeof formats, object | undefined, string])[] = [
  ['csv', { feilds: 'time' }, 'formats.csv.with(): there is no option "feilds"; the nearest is fields'],
  ['tsv', { fields: 7 }, 'formats.tsv.with(): the option fields is 7; expected a string'],
  ['tsv', {}, 'formats.tsv.with(): the option fields is missing'],
  ['csv', undefined, 'formats.csv.with(): the option fields is missing'],
  ['template', { fromat: '%s' }, 'formats.template.with(): there is no option "fromat"; the nearest is format'],
  ['cloudevents', { sorce: '/a' }, 'formats.cloudevents.with(): there is no option "sorce"; the nearest is source'],
  ['cloudevents', { source: 1 }, 'formats.cloudevents.with(): the option source is 1'],
];

test.each(WRONG)('%s names a setting that is wrong: %j', async (name, settings, message) => {
  const format = formats[name] as { readonly with: (given: unknown) => unknown };
  const failure = await failureOf(async () => format.with(settings), 'INVALID_ARGUMENT');
  expect(failure.message).toContain(message);
});
