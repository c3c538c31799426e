/** Recognises the input by its first bytes: passes plain lines through without a copy, decodes compressed ones, names others. */

import { type Codec, contentKind } from '../../model/content-kind.ts';
import type { ByteSink, ByteSource } from './byte-source.ts';
import { decoded } from './decode.ts';
import { foreignInput } from './foreign-input.ts';
import { IterableSource } from './iterable-source.ts';
import { PieceQueue } from './piece-queue.ts';

const NOTHING = Buffer.alloc(0);
/** Bytes read before it is known what they are: no shared memory is made for what will be decoded, which would cost 12 MiB. */
const FIRST_BYTES = 64 * 1024;

/** States: recognizing -> plain (pieces go to the reader as they are) or decoding (they go to a decoder) or ended (a format that is named). */
export class RecognizingSource implements ByteSource {
  readonly isPrompt: boolean;
  readonly #name: string;
  readonly #source: ByteSource;
  /** The first bytes, as long as they do not decide. */
  #held = NOTHING;
  #isRecognized = false;
  #codec: Codec | null = null;
  #queue: PieceQueue | undefined;
  #decoding: IterableSource | undefined;

  /** `name`: of the input, for messages. */
  constructor(source: ByteSource, name: string) {
    this.#source = source;
    this.#name = name;
    this.isPrompt = source.isPrompt;
  }

  get isDirect(): boolean {
    return this.#isRecognized && this.#codec === null && this.#source.isDirect === true;
  }

  get codec(): Codec | null {
    return this.#codec;
  }

  start(sink: ByteSink): void {
    this.#source.start({
      room: (bytesMax) =>
        this.#queue?.room(bytesMax) ?? sink.room(this.#isRecognized ? bytesMax : Math.min(bytesMax, FIRST_BYTES)),
      arrived: (room, bytes) => {
        if (this.#queue !== undefined) return this.#queue.push(room, bytes);
        return this.#isRecognized ? sink.arrived(room, bytes) : this.#recognize(sink, room, bytes);
      },
      ended: (error) => {
        if (!this.#isRecognized) this.#passHeld(sink);
        if (this.#queue === undefined) sink.ended(error);
        else this.#queue.end(error);
      },
    });
  }

  resume(): void {
    if (this.#decoding === undefined) this.#source.resume();
    else this.#decoding.resume();
  }

  close(): void {
    this.#decoding?.close();
    // ends the decoder, too
    this.#queue?.end(undefined);
    this.#source.close();
  }

  #recognize(sink: ByteSink, room: Uint8Array, bytes: number): boolean {
    const piece = room.subarray(0, bytes);
    const first = this.#held.length === 0 ? piece : Buffer.concat([this.#held, piece]);
    const found = contentKind(first);
    if (found.kind === 'more') {
      this.#held = Buffer.from(first);
      return true;
    }
    this.#isRecognized = true;
    if (found.kind === 'plain') return first === piece ? sink.arrived(room, bytes) : passOn(sink, first);
    if (found.kind === 'foreign') {
      sink.ended(foreignInput(this.#name, found.format));
      return false;
    }
    this.#codec = found.codec;
    this.#queue = new PieceQueue(() => this.#source.resume());
    const isWanted = this.#queue.push(Buffer.from(first), first.length);
    this.#decoding = new IterableSource(decoded(found.codec, this.#queue, this.#name), this.isPrompt);
    this.#decoding.start(sink);
    return isWanted;
  }

  /** The input has ended before its first bytes decided. */
  #passHeld(sink: ByteSink): void {
    this.#isRecognized = true;
    const found = contentKind(this.#held, true);
    if (found.kind === 'foreign') sink.ended(foreignInput(this.#name, found.format));
    else if (this.#held.length > 0) passOn(sink, this.#held);
  }
}

/** The reader takes more than it wants if it must. */
function passOn(sink: ByteSink, bytes: Uint8Array): boolean {
  let isWanted = true;
  for (let at = 0; at < bytes.length; ) {
    const room = sink.room(bytes.length - at);
    const count = Math.min(room.length, bytes.length - at);
    room.set(bytes.subarray(at, at + count));
    isWanted = sink.arrived(room, count);
    at += count;
  }
  return isWanted;
}
