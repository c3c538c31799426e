/** Input that is read straight into the engine's memory: a pipe as it fills, a file in reads of a chunk. */

import { closeSync, fstatSync, read } from 'node:fs';
import { type OnReadOpts, Socket, type SocketConstructorOpts } from 'node:net';
import { type ByteSink, type ByteSource, closedEarly } from '../../index.ts';

/** What a pipe holds on Linux: a read that fills it makes Node look at once whether there is more. */
const PIPE_READ_BYTES = 64 * 1024;
const FILE_READ_BYTES = 2 * 1024 * 1024;
/** Of a file that does not know its size, as those of /proc, or that grows while it is read. */
const UNKNOWN_READ_BYTES = 64 * 1024;

/** A pipe or a socket behind a descriptor that this process was started with. */
export class PipeSource implements ByteSource {
  readonly isPrompt = false;
  readonly #descriptor: number;
  #socket: Socket | undefined;

  constructor(descriptor: number) {
    this.#descriptor = descriptor;
  }

  start(sink: ByteSink): void {
    // the constructor takes `onread` as `connect` does, and its type does not say so
    const options: SocketConstructorOpts & { onread: OnReadOpts } = {
      fd: this.#descriptor,
      writable: false,
      onread: { buffer: () => sink.room(PIPE_READ_BYTES), callback: (bytes, room) => sink.arrived(room, bytes) },
    };
    this.#socket = new Socket(options);
    this.#socket.on('end', () => sink.ended());
    this.#socket.on('error', (error) => sink.ended(error));
    this.#socket.on('close', () => sink.ended(closedEarly()));
    // without flowing the end is not told
    this.resume();
  }

  resume(): void {
    this.#socket?.resume();
  }

  close(): void {
    this.#socket?.destroy();
  }
}

/** A regular file, from where the descriptor stands. */
export class FileSource implements ByteSource {
  readonly isPrompt = true;
  readonly #descriptor: number;
  readonly #isOwned: boolean;
  #sink: ByteSink | undefined;
  #isReading = false;
  /** Bytes to come by the file's size, at most; below 0 that says nothing. */
  #left: number;

  /** `isOwned`: closed with the source. */
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

  /** One byte more than is left: the read that finds the end needs no more memory. */
  #wanted(): number {
    return this.#left < 0 ? UNKNOWN_READ_BYTES : Math.min(this.#left + 1, FILE_READ_BYTES);
  }

  close(): void {
    this.#sink = undefined;
    // a read on its way would find another file behind the number
    if (this.#isOwned && !this.#isReading) closeSync(this.#descriptor);
  }
}
