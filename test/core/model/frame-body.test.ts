/** The body of a frame: what is written is read back, it is valid JSON, and damage to its own syntax is detected. */

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FrameBodyWriter, walkFrameBody } from '../../../src/core/frames/frame-body.ts';
import { jsonLine } from '../../support/json-lines.ts';
import { quick } from '../../support/test-size.ts';

interface Placed {
  readonly sequenceDelta: number;
  readonly timeDelta: number;
  readonly payload: string;
}

interface Walked {
  readonly fault: string | null;
  readonly events: readonly Placed[];
}

function write(events: readonly Placed[], writer = new FrameBodyWriter()): Buffer {
  for (const { sequenceDelta, timeDelta, payload } of events) {
    // from the middle of other bytes, as payloads lie in a chunk
    const source = Buffer.from(`##${payload}##`);
    writer.append(sequenceDelta, timeDelta, source, 2, source.length - 2);
  }
  return writer.take();
}

function walk(body: Uint8Array): Walked {
  const events: Placed[] = [];
  const fault = walkFrameBody(body, (sequenceDelta, timeDelta, start, end) => {
    events.push({ sequenceDelta, timeDelta, payload: Buffer.from(body.subarray(start, end)).toString('latin1') });
  });
  return {
    fault,
    events: events.map((event) => ({ ...event, payload: Buffer.from(event.payload, 'latin1').toString() })),
  };
}

const LARGEST_DELTA = Number.MAX_SAFE_INTEGER;
const delta = fc.oneof(
  fc.nat(12),
  fc.nat(2 ** 52),
  fc.constantFrom(9, 10, 99, 100, 999_999_999_999, 1_000_000_000_000),
);
const placed = fc.record({ sequenceDelta: delta, timeDelta: delta, payload: jsonLine });
const events = fc.array(placed, { minLength: 1, maxLength: 12 });

describe('a body that was written', () => {
  it('has the form that the file format promises', () => {
    const body = write([
      { sequenceDelta: 0, timeDelta: 0, payload: '{"a":1}' },
      { sequenceDelta: 12, timeDelta: 1_000_000, payload: ' "b" ' },
    ]);
    expect(body.toString()).toBe('[[0,0,{"a":1}],\n[12,1000000, "b" ]]');
  });

  it('gives back the same deltas and the same bytes', () => {
    fc.assert(
      fc.property(events, (written) => {
        expect(walk(write(written))).toEqual({ fault: null, events: written });
      }),
      { numRuns: quick(400, 1000) },
    );
  });

  it('is JSON as a whole, an event a line', () => {
    fc.assert(
      fc.property(events, (written) => {
        const text = write(written).toString();
        expect(text.split('\n')).toHaveLength(written.length);
        expect(JSON.parse(text)).toEqual(
          written.map(({ sequenceDelta, timeDelta, payload }) => [sequenceDelta, timeDelta, JSON.parse(payload)]),
        );
      }),
    );
  });

  it('does not share memory with the writer, which is empty again', () => {
    const writer = new FrameBodyWriter();
    const first = write([{ sequenceDelta: 0, timeDelta: 0, payload: '"first"' }], writer);
    expect(writer.isEmpty).toBe(true);
    const second = write([{ sequenceDelta: 5, timeDelta: 5, payload: '"other"' }], writer);
    expect(first.toString()).toBe('[[0,0,"first"]]');
    expect(second.toString()).toBe('[[5,5,"other"]]');
  });

  it('grows with payloads larger than the memory at first, byte for byte', () => {
    const payloads = [1, 65_000, 600, 200_000, 3].map((length, nth) => `"${String(nth).repeat(length)}"`);
    const written = payloads.map((payload, nth) => ({ sequenceDelta: nth, timeDelta: 0, payload }));
    expect(walk(write(written))).toEqual({ fault: null, events: written });
  });

  it('gives back the largest deltas there are', () => {
    const written = [LARGEST_DELTA - 1, LARGEST_DELTA].map((largest) => ({
      sequenceDelta: largest,
      timeDelta: largest,
      payload: '1',
    }));
    expect(walk(write(written))).toEqual({ fault: null, events: written });
  });
});

describe('a damaged body', () => {
  it.each([
    ['', 'the body is not a list'],
    ['[]', 'the body is not a list'],
    ['[[0,0,]]', 'the body is not a list'],
    ['{"0":[0,0,1]}', 'the body is not a list'],
    ['[{0,0,123}]', 'no event begins at byte 1'],
    ['[[,0,1234]]', 'no sequence at byte 2'],
    ['[[-1,0,123]]', 'no sequence at byte 2'],
    ['[[1.5,0,12]]', 'no sequence at byte 2'],
    ['[[12345678]]', 'no sequence at byte 2'],
    ['[[0,,12345]]', 'no time at byte 4'],
    ['[[0,x,1234]]', 'no time at byte 4'],
    ['[[0,1234567]]', 'no time at byte 4'],
    ['[[0,1234,]]', 'the event at byte 2 does not end'],
    ['[[0,0,123],]', 'the event at byte 2 does not end'],
    ['[[0,0,123],\n]', 'no event begins at byte 12'],
    ['[[0,0,1],\n', 'the body is not a list'],
    ['[[0,0,123]\n[1,0,1]]', 'the event at byte 2 does not end'],
    ['[[0,0,1],\n\n[1,0,1]]', 'no event begins at byte 10'],
    ['[[0,0,1],\r\n[1,0,1]]', 'the event at byte 2 does not end'],
    [' [[0,0,123]]', 'the body is not a list'],
    ['[[0,0,123]]\n', 'the body is not a list'],
  ])('%j is reported as: %s', (text, fault) => {
    expect(walk(Buffer.from(text)).fault).toBe(fault);
  });

  it('is read as it is or reported as a fault, whichever byte is changed: nothing between two payloads goes unread', () => {
    const other = fc.oneof(fc.nat(255), fc.constantFrom(...Buffer.from('[],\n0123456789"')));
    fc.assert(
      fc.property(events, fc.nat(), other, (written, place, byte) => {
        const body = write(written);
        body[place % body.length] = byte;
        let read = 0;
        let opening = '';
        const fault = walkFrameBody(body, (sequenceDelta, timeDelta, start, end) => {
          const [, before, sequence, time] = /^(.*)\[(\d+),(\d+),$/s.exec(body.toString('latin1', read, start)) ?? [];
          expect(before).toBe(opening === '' ? '[' : opening);
          expect([Number(sequence), Number(time)]).toEqual([sequenceDelta, timeDelta]);
          read = end;
          opening = '],\n';
        });
        if (fault === null) expect(body.toString('latin1', read)).toBe(']]');
      }),
      { numRuns: quick(1500, 5000) },
    );
  });

  it('is refused, or holds fewer events than before, wherever a byte of its syntax that is no digit was changed', () => {
    fc.assert(
      fc.property(fc.array(placed, { minLength: 1, maxLength: 4 }), fc.nat(255), (written, byte) => {
        const body = write(written);
        for (const place of syntaxPlaces(body)) {
          const damaged = Buffer.from(body);
          damaged[place] = byte;
          if (damaged.equals(body)) continue;
          const { fault, events: visited } = walk(damaged);
          if (fault === null)
            expect(visited.length, `byte ${place} as ${byte} in ${body}`).toBeLessThan(written.length);
        }
      }),
      { numRuns: quick(200, 500) },
    );
  });

  it('changes one payload only, where a byte of that payload was changed to any but a line feed', () => {
    const byteButLineFeed = fc.nat(255).filter((byte) => byte !== 0x0a);
    fc.assert(
      fc.property(events, fc.nat(), fc.nat(), byteButLineFeed, (written, which, place, byte) => {
        const bounds: [number, number, number, number][] = [];
        const body = write(written);
        walkFrameBody(body, (...event) => bounds.push(event));
        const [, , start, end] = bounds[which % bounds.length] as [number, number, number, number];
        body[start + (place % (end - start))] = byte;
        const after: [number, number, number, number][] = [];
        expect(walkFrameBody(body, (...event) => after.push(event))).toBeNull();
        expect(after).toEqual(bounds);
      }),
      { numRuns: quick(700, 2000) },
    );
  });

  it('is refused or holds another count of events where a payload was given a line feed', () => {
    fc.assert(
      fc.property(events, fc.nat(), (written, place) => {
        const body = write(written);
        body[place % body.length] = 0x0a;
        const { fault, events: visited } = walk(body);
        if (fault === null && !body.equals(write(written))) expect(visited.length).not.toBe(written.length);
      }),
      { numRuns: quick(700, 2000) },
    );
  });

  it('never makes it throw, whatever the bytes', () => {
    const framed = fc
      .array(fc.constantFrom(...Buffer.from('[],\n0123 "')), { maxLength: 40 })
      .map((middle) => Buffer.from([0x5b, 0x5b, 0x30, ...middle, 0x5d, 0x5d]));
    fc.assert(
      fc.property(fc.oneof(fc.uint8Array({ maxLength: 64 }), framed), (bytes) => {
        walk(bytes);
      }),
      { numRuns: quick(5000, 20_000) },
    );
  });
});

/** Where the brackets, commas and line feeds of the frame itself stand. */
function syntaxPlaces(body: Buffer): number[] {
  const places = [0, body.length - 1];
  walkFrameBody(body, (_sequence, _time, start, end) => {
    const head = body.toString('latin1', 0, start);
    const afterSequence = head.lastIndexOf(',', start - 2);
    places.push(head.lastIndexOf('['), afterSequence, start - 1, end, end + 1);
    if (body[end + 2] === 0x0a) places.push(end + 2);
  });
  return places;
}
