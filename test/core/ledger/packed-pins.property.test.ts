import fc from 'fast-check';
import { expect, test } from 'vitest';
import { packBodies } from '../../../src/core/ledger/sqlite/threads/packed-bodies.ts';
import { pinColumns, pinsOver } from '../../../src/core/ledger/sqlite/threads/packed-pins.ts';
import { packDraft, unpackDraft } from '../../../src/core/ledger/sqlite/threads/writer-protocol.ts';
import type { CommitDraft } from '../../../src/core/model/events/commit.ts';
import { type DraftedPins, draftedPin, emptyPins } from '../../../src/core/model/routing/session-pins.ts';
import { NO_TIME } from '../../../src/core/model/time/time.ts';

const anyPin = fc.record({
  session: fc.string({ unit: 'grapheme', maxLength: 20 }),
  partition: fc.nat(255),
  lastSeen: fc.integer({ min: -4_000_000_000_000_000, max: 4_000_000_000_000_000 }),
  lastSeenBefore: fc.option(fc.integer({ min: -4_000_000_000_000_000, max: 4_000_000_000_000_000 })),
});
const anyPins = fc.array(anyPin, { maxLength: 30 });

function pinsOf(drafted: readonly (typeof anyPin extends fc.Arbitrary<infer Pin> ? Pin : never)[]): DraftedPins {
  const keys = drafted.map(({ session }) => Buffer.from(session));
  const pins = emptyPins(
    drafted.length,
    keys.reduce((sum, { length }) => sum + length, 0),
  );
  let end = 0;
  for (const [at, { partition, lastSeen, lastSeenBefore }] of drafted.entries()) {
    end += (keys[at] as Buffer).copy(pins.keys, end);
    pins.ends[at] = end;
    pins.partitions[at] = partition;
    pins.lastSeen[at] = lastSeen;
    pins.lastSeenBefore[at] = lastSeenBefore ?? NO_TIME;
  }
  return pins;
}

const isAll = (body: { bytes: Uint8Array } | undefined, value: number) => body?.bytes.every((byte) => byte === value);

const read = (pins: DraftedPins) => Array.from({ length: pins.count }, (_, at) => draftedPin(pins, at));

test('pins come out of the memory as they went in', () => {
  fc.assert(
    fc.property(anyPins, (drafted) => {
      const pins = pinsOf(drafted);
      const memory = packBodies(pinColumns(pins));
      expect(read(pinsOver(memory, { count: pins.count, keyBytes: pins.keys.length }))).toEqual(drafted);
    }),
  );
});

test('a draft comes to the writing thread with its pins and bodies, also in a memory that was used before', () => {
  let memory: ArrayBuffer | undefined;
  const anyBody = fc.record({ bytes: fc.uint8Array({ maxLength: 50 }), isShared: fc.boolean() });
  const inMemory = ({ bytes, isShared }: { bytes: Uint8Array; isShared: boolean }) => {
    const body = Buffer.from(isShared ? new SharedArrayBuffer(bytes.length) : new ArrayBuffer(bytes.length));
    body.set(bytes);
    return body;
  };
  fc.assert(
    fc.property(anyPins, fc.array(anyBody, { maxLength: 5 }), (drafted, bodies) => {
      const draft: CommitDraft = {
        epoch: 0,
        count: 1,
        firstTime: 0,
        lastTime: 0,
        hasArrivalTime: false,
        isLateRefused: false,
        frames: bodies.map((body, partition) => ({
          partition,
          count: 1,
          firstTime: 0,
          lastTime: 0,
          key: null,
          body: inMemory(body),
        })),
        committedAt: 0,
        isClockTrusted: false,
        producer: null,
        ids: [],
        pins: { pins: pinsOf(drafted), timeShiftMax: 5, agreesAt: 7 },
        sentTo: null,
      };
      const offer = packDraft(1, 0, draft, memory);
      memory = offer.memory;
      const arrived = unpackDraft(structuredClone(offer));
      expect(read(arrived.pins.pins)).toEqual(drafted);
      expect(arrived.pins).toMatchObject({ timeShiftMax: 5, agreesAt: 7 });
      expect(arrived.frames).toEqual(draft.frames);
      // a shared body is not copied: what is written into it now comes to the thread, too
      for (const [at, { body }] of draft.frames.entries()) {
        body.fill(255);
        expect(arrived.frames[at]?.body.every((byte) => byte === 255)).toBe(
          bodies[at]?.isShared || isAll(bodies[at], 255),
        );
      }
    }),
  );
});
