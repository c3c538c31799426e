/** Reads input directly into the engine's buffers: a pipe as it fills, a file in reads of one chunk. */

import { closeSync, fstatSync, read } from 'node:fs';
import { type OnReadOpts, Socket, type SocketConstructorOpts } from 'node:net';
import { type ByteSink, type ByteSource, closedEarly } from '../../index.ts';

/** Capacity of a pipe on Linux: after a read that fills the buffer, Node reads again at once. */
const PIPE_READ_BYTES = 64 * 1024;
const FILE_READ_BYTES = 2 * 1024 * 1024;
/** For a file of unknown size, such as those of /proc, or one that grows while it is read. */
const UNKNOWN_READ_BYTES = 64 * 1024;

/** A pipe or a socket, by an inherited descriptor. */
export class PipeSource implements ByteSource {
  readonly isPrompt = false;
  readonly isDirect = true;
  readonly #descriptor: number;
  #socket: Socket | undefined;

  constructor(descriptor: number) {
    this.#descriptor = descriptor;
  }

  start(sink: ByteSink): void {
    // the constructor accepts `onread` like `connect`, but its type lacks it
    const options: SocketConstructorOpts & { onread: OnReadOpts } = {
      fd: this.#descriptor,
      writable: false,
      onread: { buffer: () => sink.room(PIPE_READ_BYTES), callback: (bytes, room) => sink.arrived(room, bytes) },
    };
    this.#socket = new Socket(options);
    this.#socket.on('end', () => sink.ended());
    this.#socket.on('error', (error) => sink.ended(error));
    this.#socket.on('close', () => sink.ended(closedEarly()));
    // a socket that does not flow never emits 'end'
    this.resume();
  }

  resume(): void {
    this.#socket?.resume();
  }

  close(): void {
    this.#socket?.destroy();
  }
}

/** A regular file, from the current position of the descriptor. */
export class FileSource implements ByteSource {
  readonly isPrompt = true;
  readonly isDirect = true;
  readonly #descriptor: number;
  readonly #isOwned: boolean;
  #sink: ByteSink | undefined;
  #isReading = false;
  /** Upper bound of the remaining bytes, by the file's size; negative if unknown. */
  #left: number;

  /** `isOwned`: the source closes the descriptor. */
  constructor(descriptor: number, { isOwned }: { isOwned: boolean }) {
    this.#descriptor = descriptor;
    this.#isOwned = isOwned;
    this.#left = fstatSync(descriptor).size || -1;
  }

  start(sink: ByteSink): void {
    this.#sink = sink;
    this.resume();
  }

  resume(): void {
    const sink = this.#sink;
    if (sink === undefined) return;
    const room = sink.room(this.#wanted());
    this.#isReading = true;
    read(this.#descriptor, room, 0, room.length, null, (error, bytes) => {
      this.#isReading = false;
      if (this.#sink === undefined) this.close();
      else if (error !== null || bytes === 0) sink.ended(error ?? undefined);
      else this.#take(sink, room, bytes);
    });
  }

  #take(sink: ByteSink, room: Buffer, bytes: number): void {
    this.#left -= bytes;
    if (sink.arrived(room, bytes)) this.resume();
  }

  /** One byte more than remains, so that the read that detects the end needs no further buffer. */
  #wanted(): number {
    return this.#left < 0 ? UNKNOWN_READ_BYTES : Math.min(this.#left + 1, FILE_READ_BYTES);
  }

  close(): void {
    this.#sink = undefined;
    // with a read pending, the number could be reused for another file
    if (this.#isOwned && !this.#isReading) closeSync(this.#descriptor);
  }
}
