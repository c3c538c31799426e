/** Messages of a bucket as records. A deleted record leaves a mark, which counts as the record's last write. */

import type { StoredRecord } from '../log/record-store.ts';
import type { MsgHdrs } from './client.ts';
import type { Delivery } from './delivery-queue.ts';
import { type FetchedMessage, readHeaders, serverTime } from './messages.ts';
import { keyOfRecord, recordSubjectOf } from './names.ts';

/** As in all clients: set to DEL by a deletion. */
export const OPERATION_HEADER = 'KV-Operation';
/** Names one write, to find out whether it was stored when no answer came. */
export const WRITE_HEADER = 'Cdex-Write';

/** The last write of a record. */
export interface RecordWrite {
  readonly record: StoredRecord;
  readonly isDeleted: boolean;
  /** Null if another tool has written it. */
  readonly write: string | null;
}

export function fetchedRecord(
  name: string,
  { subject, seq, time, hdrs, data = '' }: FetchedMessage,
  decode: (bytes: Uint8Array) => MsgHdrs,
): RecordWrite {
  const headers = hdrs === undefined ? undefined : readHeaders(() => decode(Buffer.from(hdrs, 'base64')));
  const value = Buffer.from(data, 'base64').toString('utf8');
  return recordWrite(headers, { key: keyIn(name, subject), value, revision: seq, writtenAt: serverTime(time) });
}

export function deliveredRecord(name: string, { message, place }: Delivery): RecordWrite {
  const value = Buffer.from(message.data).toString('utf8');
  const { position: revision, storedAt: writtenAt } = place;
  return recordWrite(
    readHeaders(() => message.headers),
    { key: keyIn(name, message.subject), value, revision, writtenAt },
  );
}

export const keyIn = (name: string, subject: string) => keyOfRecord(subject.slice(recordSubjectOf(name, '').length));

function recordWrite(headers: MsgHdrs | undefined, record: StoredRecord): RecordWrite {
  return {
    record,
    isDeleted: (headers?.get(OPERATION_HEADER) ?? '') !== '',
    write: headers?.get(WRITE_HEADER) || null,
  };
}
