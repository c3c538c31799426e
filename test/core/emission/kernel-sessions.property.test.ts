/** The kernel keeps and assigns sessions as the reference does: the same numbers, partitions and pins, whatever is called, and however the keys were chosen. */

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { KernelSessions } from '../../../src/core/emission/draft/kernel-sessions.ts';
import {
  type DraftedPins,
  draftedPin,
  type IdleRule,
  idleRule,
  NO_SESSION,
} from '../../../src/core/model/routing/session-pins.ts';
import { NO_KEY, type SessionStore } from '../../../src/core/model/routing/session-store.ts';
import { NO_TIME } from '../../../src/core/model/time/time.ts';
import { SessionColumns } from '../../../src/core/router/session-columns.ts';
import { LineFault } from '../../../src/core/scan/line-fault.ts';
import { anyCharacter } from '../../support/any-character.ts';
import { keysOfOneHash } from '../../support/keys-of-one-hash.ts';
import { quick } from '../../support/test-size.ts';

/** What the two answer to the same calls. */
class Both {
  readonly kernel: KernelSessions;
  readonly reference: SessionColumns;

  constructor(idle: IdleRule) {
    this.kernel = new KernelSessions(idle);
    this.reference = new SessionColumns(idle);
  }

  same<Answer>(ask: (store: SessionStore) => Answer): Answer {
    const answer = ask(this.reference);
    expect(ask(this.kernel)).toEqual(answer);
    return answer;
  }

  number(key: string): number {
    const bytes = Buffer.from(`"${key}"`);
    return this.same((store) => store.numberOf(bytes, 1, bytes.length - 1));
  }

  numberLines(keys: readonly (string | null)[], encoding: BufferEncoding = 'utf8'): Int32Array {
    const parts = keys.map((key) => Buffer.from(key ?? '', encoding));
    let end = 0;
    const ends = Uint32Array.from(keys, (key, nth) => {
      end += parts[nth]?.length ?? 0;
      return key === null ? NO_KEY : end;
    });
    const sessions = new Int32Array(keys.length);
    this.kernel.numberLines({ keys: Buffer.concat(parts), ends }, sessions);
    const expected = keys.map((key, nth) => {
      const bytes = parts[nth] as Buffer;
      return key === null ? NO_SESSION : this.reference.numberOf(bytes, 0, bytes.length);
    });
    // equal keys have equal numbers, of which none is left out; those without a slot get theirs after the others
    expect(this.kernel.size).toBe(this.reference.size);
    for (const [nth, session] of sessions.entries())
      if (keys[nth] === null) expect(session).toBe(NO_SESSION);
      else expect(Buffer.from(this.kernel.keyOf(session))).toEqual(parts[nth]);
    if (encoding === 'utf8') expect([...sessions]).toEqual(expected);
    return sessions;
  }

  changes(): void {
    this.same((store) => ({ pins: listed(store.changes()), timeShiftMax: store.timeShiftMax }));
  }
}

function listed(pins: DraftedPins) {
  return Array.from({ length: pins.count }, (_, at) => draftedPin(pins, at));
}

const key = fc.oneof(
  fc.constantFrom('', 'a', 'aa', 'größe', 'b'.repeat(16), 'b'.repeat(17), 'c'.repeat(300)),
  fc.nat(60).map((nth) => `s${nth}`),
  fc.string({ unit: anyCharacter, maxLength: 20 }),
);
const line = fc.record({
  key: fc.oneof({ arbitrary: key, weight: 9 }, { arbitrary: fc.constant(null), weight: 1 }),
  time: fc.option(fc.nat(3000)),
});
const draft = fc.record({
  lines: fc.array(line, { maxLength: 90 }),
  bad: fc.array(fc.nat(89), { maxLength: 3 }),
  limit: fc.nat(90),
  floor: fc.nat(3000),
  now: fc.nat(3000),
  loads: fc.array(fc.oneof(fc.nat(20), fc.constant(Number.POSITIVE_INFINITY)), { minLength: 1, maxLength: 9 }),
  singly: fc.array(fc.record({ key, time: fc.integer({ min: 3000, max: 3200 }) }), { maxLength: 5 }),
  end: fc.constantFrom('keep', 'keep', 'keep and undo', 'discard'),
  learned: fc.array(fc.record({ key, partition: fc.nat(0), lastSeen: fc.nat(3000) }), { maxLength: 4 }),
});

describe('sessions in the kernel', () => {
  it.each([null, 1, 160, 4000])('are those of the reference, with an idle time of %s', (idle) => {
    fc.assert(
      fc.property(fc.array(draft, { maxLength: 6 }), (drafts) => {
        const both = new Both(idleRule(idle));
        for (const { lines, bad, limit, floor, now, loads, singly, end, learned } of drafts) {
          for (const pin of learned) {
            const pins = {
              sessions: Int32Array.of(both.number(pin.key)),
              partitions: Int16Array.of(pin.partition),
              lastSeen: Float64Array.of(pin.lastSeen),
            };
            both.same((store) => store.setPins(pins));
          }
          const sessions = both.numberLines(lines.map(({ key }) => key));
          const faults = Uint8Array.from(lines, (_, nth) =>
            bad.includes(nth) ? LineFault.TIME_MISSING : LineFault.NONE,
          );
          const times = Float64Array.from(lines, ({ time }) => time ?? NO_TIME);
          both.same((store) => store.begin(loads));
          both.same((store) => {
            const partitions = new Uint16Array(lines.length).fill(0);
            store.assignLines({ sessions, faults, times, partitions }, Math.min(limit, lines.length), floor, now);
            return partitions;
          });
          both.same((store) => store.count(0));
          both.same((store) => store.count(70_000));
          for (const { key, time } of singly) {
            const session = both.number(key);
            both.same((store) => store.assign(session, time));
          }
          both.changes();
          if (end !== 'discard') {
            const before = both.same((store) => store.keep());
            if (end === 'keep and undo') both.same((store) => store.setPins(before));
          }
          for (let session = 0; session < both.reference.size; session++) {
            both.same((store) => store.pinOf(session));
            both.same((store) => Buffer.from(store.keyOf(session)).toString());
          }
        }
      }),
      { numRuns: quick(40, 1000) },
    );
  });

  it('keep their numbers and pins while the tables grow', () => {
    const both = new Both(idleRule(1600));
    const keys = Array.from({ length: 50_000 }, (_, nth) => `session ${(nth * 7919) % 40_000}`);
    for (let from = 0; from < keys.length; from += 7000) {
      const sessions = both.numberLines(keys.slice(from, from + 7000));
      both.same((store) => store.begin(new Array<number>(1 + from / 100).fill(0)));
      both.same((store) => {
        const { length } = sessions;
        const partitions = new Uint16Array(length);
        const columns = { faults: new Uint8Array(length), times: new Float64Array(length).fill(from) };
        store.assignLines({ sessions, partitions, ...columns }, length, from, from);
        return partitions;
      });
      both.changes();
      both.same((store) => store.keep());
    }
    expect(both.kernel.bytes).toBeLessThan(6_000_000);
  });

  it('have numbers of their own, in good time, where thousands of keys were chosen to have one hash', () => {
    const both = new Both(idleRule(null));
    const keys = keysOfOneHash(20_000).flatMap((key, nth) => [key.toString('latin1'), `other ${nth}`]);
    const sessions = both.numberLines(keys, 'latin1');
    expect(new Set(sessions).size).toBe(keys.length);
    expect(both.numberLines(keys, 'latin1')).toEqual(sessions);
  });
});
