/** The subjects that accounts need for a ledger. Asks no server. */

import type { LedgerPermissions } from '../driver.ts';
import { jetStreamPrefix } from './api.ts';
import { DEFAULT_INBOX } from './connection.ts';
import { parseNatsLocation } from './location.ts';
import { bucketStreamOf, recordSubjectOf, streamOf, subjectOf } from './names.ts';
import { resolveSettings } from './settings.ts';
import type { NatsEnvironment } from './settings-layer.ts';

/** @throws LedgerError INVALID_ARGUMENT */
export async function natsPermissions(location: string, environment: NatsEnvironment): Promise<LedgerPermissions> {
  const parsed = parseNatsLocation(location);
  const { name } = parsed;
  const { domain, inboxPrefix } = await resolveSettings(parsed, environment);
  const prefix = jetStreamPrefix(domain);
  const reading = (stream: string) =>
    [
      `STREAM.INFO.${stream}`,
      `STREAM.MSG.GET.${stream}`,
      `CONSUMER.CREATE.${stream}.>`,
      `CONSUMER.MSG.NEXT.${stream}.>`,
      `CONSUMER.DELETE.${stream}.>`,
    ].map((verb) => `${prefix}.${verb}`);
  const [stream, bucket] = [streamOf(name), bucketStreamOf(name)];
  const publishing = (publish: readonly string[]) => ({ publish, subscribe: [] });
  return {
    location: parsed.display,
    read: {
      publish: [`${prefix}.INFO`, ...reading(stream), ...reading(bucket)],
      subscribe: [`${inboxPrefix ?? DEFAULT_INBOX}.>`],
    },
    write: publishing([subjectOf(name, '>')]),
    groups: publishing([recordSubjectOf(name, '>'), `${prefix}.STREAM.CREATE.${bucket}`]),
    create: publishing([`${prefix}.STREAM.CREATE.${stream}`]),
  };
}
