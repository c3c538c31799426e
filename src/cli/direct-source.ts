/** Input that is read straight into the engine's memory: a pipe as it fills, a file in large reads. */

import { closeSync, read } from 'node:fs';
import { type OnReadOpts, Socket, type SocketConstructorOpts } from 'node:net';
import { type ByteSink, type ByteSource, closedEarly } from '../index.ts';

/** What a pipe holds on Linux: a read that fills it makes Node look at once whether there is more. */
const PIPE_READ_BYTES = 64 * 1024;
const FILE_READ_BYTES = 2 * 1024 * 1024;

/** A pipe or a socket behind a descriptor that this process was started with. */
export class PipeSource implements ByteSource {
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
  readonly #descriptor: number;
  readonly #isOwned: boolean;
  #sink: ByteSink | undefined;
  #isReading = false;

  /** `isOwned`: closed with the source. */
  constructor(descriptor: number, { isOwned }: { isOwned: boolean }) {
    this.#descriptor = descriptor;
    this.#isOwned = isOwned;
  }

  start(sink: ByteSink): void {
    this.#sink = sink;
    this.resume();
  }

  resume(): void {
    const sink = this.#sink;
    if (sink === undefined) return;
    const room = sink.room(FILE_READ_BYTES);
    this.#isReading = true;
    read(this.#descriptor, room, 0, room.length, null, (error, bytes) => {
      this.#isReading = false;
      if (this.#sink === undefined) this.close();
      else if (error !== null || bytes === 0) sink.ended(error ?? undefined);
      else if (sink.arrived(room, bytes)) this.resume();
    });
  }

  close(): void {
    this.#sink = undefined;
    // a read on its way would find another file behind the number
    if (this.#isOwned && !this.#isReading) closeSync(this.#descriptor);
  }
}
