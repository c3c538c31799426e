import { expect, test } from 'vitest';
import { LedgerEvent } from '../../../src/core/model/events/ledger-event.ts';

function eventOf(payload: string): LedgerEvent {
  return new LedgerEvent({
    sequence: 1,
    partition: 'p0',
    offset: 0,
    time: 0,
    key: null,
    payload: Buffer.from(payload),
  });
}

test('its payload is bytes, text and a value', () => {
  const text = '{"n": 12345678901234567890, "é": [1.0]}';
  const event = eventOf(text);
  expect(event.payload.equals(Buffer.from(text))).toBe(true);
  expect(event.text()).toBe(text);
  expect(event.json()).toEqual({ n: 12345678901234567000, é: [1] });
});

test('a value is made with every call, and what it calls itself reaches no prototype', () => {
  const event = eventOf('{"__proto__":{"isAdmin":true}}');
  const value = event.json() as object;
  expect(value).not.toBe(event.json());
  expect(Object.getPrototypeOf(value)).toBe(Object.prototype);
  expect('isAdmin' in value).toBe(false);
});
