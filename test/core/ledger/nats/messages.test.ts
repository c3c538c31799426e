/** Places and times of messages as servers write them. */

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { messagePlace, serverTime } from '../../../../src/core/ledger/nats/messages.ts';

const place = { consumer: 'c', position: 71, delivery: 7, storedAt: 1_795_719_890_123_456, pending: 5 };

describe('the place of a delivered message', () => {
  it.each([
    ['$JS.ACK.cdex_a.c.1.71.7.1795719890123456789.5', place],
    ['$JS.ACK.hub.ACCOUNT.cdex_a.c.1.71.7.1795719890123456789.5', place],
    ['$JS.ACK._.ACCOUNT.cdex_a.c.1.71.7.1795719890123456789.5.random', place],
    ['$JS.ACK.cdex_a.c.1.71.7', null],
    ['_INBOX.x', null],
    ['', null],
  ])('%s', (reply, expected) => {
    expect(messagePlace(reply)).toEqual(expected);
  });
});

describe('a time of a server', () => {
  it.each([
    ['2026-11-26T18:24:50.123456789Z', 1_795_717_490_123_456],
    ['2026-11-26T18:24:50Z', 1_795_717_490_000_000],
    ['2026-11-26T18:24:50.5Z', 1_795_717_490_500_000],
    ['2026-11-26T20:24:50.5+02:00', 1_795_717_490_500_000],
  ])('%s', (text, micros) => {
    expect(serverTime(text)).toBe(micros);
  });

  it('is the same to the microsecond by a consumer and by a single answer', () => {
    const nanoseconds = fc.bigInt({ min: 0n, max: 4_000_000_000_000_000_000n });
    fc.assert(
      fc.property(nanoseconds, (nanos) => {
        const second = new Date(Number(nanos / 1_000_000_000n) * 1000).toISOString().slice(0, 19);
        const fraction = String(nanos % 1_000_000_000n)
          .padStart(9, '0')
          .replace(/0+$/, '');
        const text = `${second}${fraction === '' ? '' : `.${fraction}`}Z`;
        expect(serverTime(text)).toBe(messagePlace(`$JS.ACK.s.c.1.1.1.${nanos}.0`)?.storedAt);
      }),
    );
  });
});
