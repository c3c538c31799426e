/**
 * The chain: a BLAKE3 hash per link over every column of it and over the link before. A link is a commit, the beginning of an epoch, or an archive:
 * the record that history up to a commit was moved into a segment, or dropped.
 * It detects any change to what is stored; a truncated end is detected only with a head that was kept elsewhere. Pure.
 */

import { blake3, newBlake3 } from '../../native/blake3.ts';

/** What every link of a ledger in a file begins with. */
export const DOMAIN = 'completengine/1';
/** Of a ledger in a log, where the place of a link is hashed as well. */
export const LOG_DOMAIN = 'completengine/log/1';
/** Hash before the first link. */
export const GENESIS: Buffer = Buffer.alloc(32);

/** Everything the beginning of an epoch fixes. */
export interface EpochLink {
  readonly ledger: { readonly uuid: string; readonly createdAt: number; readonly config: string };
  readonly epoch: number;
  readonly fromSequence: number;
  readonly routing: string;
  /** All partitions of this epoch, by id. */
  readonly partitions: readonly {
    readonly id: number;
    readonly name: string;
    readonly tableName: string;
    readonly epoch: number;
  }[];
  /** Keys placed with this epoch, in the order of their bytes. */
  readonly placements: readonly { readonly key: string; readonly partition: number }[];
}

export interface FrameLink {
  readonly partition: number;
  readonly sequence: number;
  readonly offset: number;
  readonly count: number;
  readonly firstTime: number;
  readonly lastTime: number;
  readonly key: string | null;
  /** BLAKE3 over the body. */
  readonly hash: Buffer;
}

export interface CommitLink {
  readonly firstSequence: number;
  readonly count: number;
  readonly firstTime: number;
  readonly lastTime: number;
  readonly committedAt: number;
  readonly producer: string | null;
  readonly producerPosition: number | null;
  readonly producerDigest: Buffer | null;
  /** The partition that the emitter chose for all events, past the routing. */
  readonly sentTo: number | null;
  /** In the order of their partitions. */
  readonly frames: readonly FrameLink[];
}

/** What a link in a log fixes besides. */
export interface LogPlace {
  /** Of its message in the log. */
  readonly position: number;
  /** Ledger time before it: earlier times were raised to this one. */
  readonly floor: number;
  /** Of a commit: the times in its message, before they were raised, by frame. */
  readonly draftedTimes: readonly number[];
  /** BLAKE3 over what the message has beside its frames; null if there is nothing. */
  readonly marks: Buffer | null;
}

/** Everything that the record of an archived run fixes. */
export interface ArchiveLink {
  /** 1, 2, .. */
  readonly number: number;
  /** The commit at this sequence is the first one after the record. */
  readonly beforeSequence: number;
  /** The epoch that was in force. */
  readonly epoch: number;
  /** The archived run, both ends inclusive: whole commits. */
  readonly firstSequence: number;
  readonly through: number;
  readonly firstTime: number;
  readonly lastTime: number;
  readonly commits: number;
  readonly archivedAt: number;
  /** JSON, by partition: the offset of its next event, the times of its first and of its last event or null, as of `through`. */
  readonly ends: string;
  /** The chain hash before each record or run of records within the run, in order: a record there can be verified without the segment. */
  readonly seams: Buffer;
  /** Chain hash of the last archived commit. */
  readonly hashBehind: Buffer;
  /** Name of the segment, its bytes and their BLAKE3; null if the run was dropped. */
  readonly file: string | null;
  readonly bytes: number | null;
  readonly checksum: Buffer | null;
}

type Field = string | number | null | Buffer;

/** Writes each field after its kind and length, so that no two different lists have the same bytes. */
class FieldWriter {
  #memory = Buffer.allocUnsafe(4096);
  #end = 0;

  add(...fields: readonly Field[]): this {
    for (const field of fields) {
      if (field === null) this.#put(0, Buffer.alloc(0));
      // All numbers we write are safe integers; one that damage made unsafe is hashed as its text, so its hash differs.
      else if (typeof field === 'number')
        Number.isSafeInteger(field) ? this.#number(field) : this.#put(4, Buffer.from(String(field)));
      else if (typeof field === 'string') this.#put(2, Buffer.from(field, 'utf8'));
      else this.#put(3, field);
    }
    return this;
  }

  take(): Buffer {
    const bytes = this.#memory.subarray(0, this.#end);
    this.#end = 0;
    return bytes;
  }

  #number(value: number): void {
    this.#reserve(13);
    this.#memory[this.#end] = 1;
    this.#memory.writeUInt32LE(8, this.#end + 1);
    // Two halves instead of a BigInt: exact for safe integers, and 20 times as fast.
    const high = Math.floor(value / 2 ** 32);
    this.#memory.writeInt32LE(high, this.#end + 9);
    this.#memory.writeUInt32LE(value - high * 2 ** 32, this.#end + 5);
    this.#end += 13;
  }

  #put(kind: number, bytes: Buffer): void {
    this.#reserve(bytes.length + 5);
    this.#memory[this.#end] = kind;
    this.#memory.writeUInt32LE(bytes.length, this.#end + 1);
    bytes.copy(this.#memory, this.#end + 5);
    this.#end += bytes.length + 5;
  }

  #reserve(bytes: number): void {
    if (this.#end + bytes <= this.#memory.length) return;
    const grown = Buffer.allocUnsafe(Math.max(this.#end + bytes, this.#memory.length * 2));
    this.#memory.copy(grown, 0, 0, this.#end);
    this.#memory = grown;
  }
}

const fields = new FieldWriter();

export function hashBody(body: Buffer): Buffer {
  return blake3(body);
}

export function hashEpoch(previous: Buffer, link: EpochLink, place?: LogPlace): Buffer {
  fields.add(
    place === undefined ? DOMAIN : LOG_DOMAIN,
    'epoch',
    previous,
    link.ledger.uuid,
    link.ledger.createdAt,
    link.ledger.config,
  );
  fields.add(link.epoch, link.fromSequence, link.routing, link.partitions.length);
  for (const partition of link.partitions)
    fields.add(partition.id, partition.name, partition.tableName, partition.epoch);
  fields.add(link.placements.length);
  for (const { key, partition } of link.placements) fields.add(key, partition);
  addPlace(place);
  return newBlake3().update(fields.take()).digestBuffer();
}

export function hashCommit(previous: Buffer, uuid: string, link: CommitLink, place?: LogPlace): Buffer {
  fields.add(place === undefined ? DOMAIN : LOG_DOMAIN, 'commit', uuid, previous);
  fields.add(link.firstSequence, link.count, link.firstTime, link.lastTime, link.committedAt);
  fields.add(link.producer, link.producerPosition, link.producerDigest, link.sentTo, link.frames.length);
  for (const frame of link.frames) {
    fields.add(
      frame.partition,
      frame.sequence,
      frame.offset,
      frame.count,
      frame.firstTime,
      frame.lastTime,
      frame.key,
      frame.hash,
    );
  }
  addPlace(place);
  return newBlake3().update(fields.take()).digestBuffer();
}

function addPlace(place: LogPlace | undefined): void {
  if (place === undefined) return;
  fields.add(place.position, place.floor, place.marks, place.draftedTimes.length, ...place.draftedTimes);
}

export function hashArchive(previous: Buffer, uuid: string, link: ArchiveLink): Buffer {
  fields.add(DOMAIN, 'archive', uuid, previous, link.number, link.beforeSequence, link.epoch);
  fields.add(link.firstSequence, link.through, link.firstTime, link.lastTime, link.commits, link.archivedAt);
  fields.add(link.ends, link.seams, link.hashBehind, link.file, link.bytes, link.checksum);
  return newBlake3().update(fields.take()).digestBuffer();
}
