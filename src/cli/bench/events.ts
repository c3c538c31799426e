/**
 * Generates the test events: JSON lines of exactly the given size, the same in every run and on every machine. They have a field for each routing
 * rule: `tenant`, `topic` and `session` for hash and sticky, `amount` for range, `partition` for manual; and `time`, a millisecond apart.
 */

export interface EventShape {
  /** Of one line, including its newline. */
  readonly lineBytes: number;
  readonly partitions: number;
}

export const TIME_FIELD = 'time';
export const FIELDS = ['id', TIME_FIELD, 'tenant', 'topic', 'session', 'amount', 'partition'];

const TENANTS = 1000;
const SESSIONS = 10_000;
const CENTS = 100_000;
const TOPICS = ['orders', 'payments', 'shipments', 'returns', 'carts', 'logins', 'searches', 'reviews'];
/** 2024-01-01: in the past of any plausible clock. */
const FIRST_TIME = 1_704_067_200_000;
const PAD_CHARACTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
const PAD_BYTES = 1024 * 1024;
const CHUNK_BYTES = 1024 * 1024;
const END = '"}\n';

/** The shortest line that fits the fields of all these events. */
export function lineBytesMin(events: number, partitions: number): number {
  const longest = Math.max(...TOPICS.map((topic) => topic.length));
  const topic = TOPICS.find(({ length }) => length === longest) ?? '';
  return (
    head(events - 1, { tenant: TENANTS - 1, topic, session: SESSIONS - 1, cents: CENTS - 1, partition: partitions - 1 })
      .length + END.length
  );
}

/** Generates any event by its number, from 0 on. */
export class EventMaker {
  readonly #shape: EventShape;
  /** Padding is cut from a varying position: equal text in many events would favour compression. */
  readonly #pad: string;

  constructor(shape: EventShape) {
    this.#shape = shape;
    const pad = Buffer.alloc(PAD_BYTES + shape.lineBytes);
    for (let at = 0; at < pad.length; at++) pad[at] = PAD_CHARACTERS.charCodeAt(mix(at + 1) & 63);
    this.#pad = pad.toString('latin1');
  }

  /** One line of ASCII with its newline. */
  line(number: number): string {
    const { lineBytes, partitions } = this.#shape;
    const one = mix(number * 2 + 1);
    const other = mix(number * 2 + 2);
    const topic = TOPICS[one & 7] as string;
    const start = head(number, {
      tenant: (one >>> 3) % TENANTS,
      topic,
      session: (one >>> 13) % SESSIONS,
      cents: other % CENTS,
      partition: (other >>> 17) % partitions,
    });
    const room = lineBytes - start.length - END.length;
    const from = other % PAD_BYTES;
    return start + this.#pad.slice(from, from + room) + END;
  }

  /** The tenant of an event, for peers that route by it themselves. */
  tenant(number: number): number {
    return (mix(number * 2 + 1) >>> 3) % TENANTS;
  }

  /** The first `count` lines, in chunks of about a megabyte. */
  *chunks(count: number): Generator<Buffer> {
    const linesInChunk = Math.max(1, Math.floor(CHUNK_BYTES / this.#shape.lineBytes));
    for (let from = 0; from < count; from += linesInChunk) {
      let text = '';
      for (let number = from; number < Math.min(count, from + linesInChunk); number++) text += this.line(number);
      yield Buffer.from(text, 'latin1');
    }
  }
}

interface Values {
  readonly tenant: number;
  readonly topic: string;
  readonly session: number;
  readonly cents: number;
  readonly partition: number;
}

function head(number: number, { tenant, topic, session, cents, partition }: Values): string {
  const place = `"tenant":"tenant-${tenant}","topic":"${topic}","session":"s${session}"`;
  return `{"id":${number},"time":${FIRST_TIME + number},${place},"amount":${cents / 100},"partition":"p${partition}","pad":"`;
}

/** The finalizer of murmur3: turns consecutive numbers into pseudorandom 32 bits. */
function mix(number: number): number {
  let mixed = number | 0;
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return (mixed ^ (mixed >>> 16)) >>> 0;
}
