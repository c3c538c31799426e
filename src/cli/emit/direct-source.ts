/** Reads input directly into the engine's buffers: a pipe as it fills, a file in reads of one chunk. */

import { closeSync, constants, fstatSync, openSync, read, readSync } from 'node:fs';
import { type OnReadOpts, Socket, type SocketConstructorOpts } from 'node:net';
import { type ByteSink, type ByteSource, closedEarly } from '../../index.ts';

/** Capacity of a pipe on Linux: after a read that fills the buffer, Node reads again at once. */
const PIPE_READ_BYTES = 64 * 1024;
const FILE_READ_BYTES = 2 * 1024 * 1024;
/** For a file of unknown size, such as those of /proc, or one that grows while it is read. */
const UNKNOWN_READ_BYTES = 64 * 1024;
/** The last bytes of a file, all of a small one, are read at once: for a read that does not block libuv starts four threads. */
const SMALL_FILE_BYTES = 64 * 1024;

/**
 * A pipe or a socket, by an inherited descriptor. What the pipe holds is read first, without a socket of Node: that is 4 ms, most of it for its modules, and a
 * small command ends before it needs one.
 */
export class PipeSource implements ByteSource {
  readonly isPrompt = false;
  readonly isDirect = true;
  readonly #descriptor: number;
  #sink: ByteSink | undefined;
  #socket: Socket | undefined;

  constructor(descriptor: number) {
    this.#descriptor = descriptor;
  }

  start(sink: ByteSink): void {
    this.#sink = sink;
    const state = readHeld(this.#descriptor, sink);
    if (state === 'more') this.resume();
  }

  resume(): void {
    if (this.#sink === undefined) return;
    this.#socket ??= socketOf(this.#descriptor, this.#sink);
    // a socket that does not flow never emits 'end'
    this.#socket.resume();
  }

  close(): void {
    this.#sink = undefined;
    this.#socket?.destroy();
  }
}

function socketOf(descriptor: number, sink: ByteSink): Socket {
  // the constructor accepts `onread` like `connect`, but its type lacks it
  const options: SocketConstructorOpts & { onread: OnReadOpts } = {
    fd: descriptor,
    writable: false,
    onread: { buffer: () => sink.room(PIPE_READ_BYTES), callback: (bytes, room) => sink.arrived(room, bytes) },
  };
  const socket = new Socket(options);
  let hasEnded = false;
  const end = (error?: unknown): void => {
    hasEnded = true;
    sink.ended(error);
  };
  socket.on('end', () => end());
  socket.on('error', end);
  // each socket closes: the error, and the module that makes it, are for one that has not ended
  socket.on('close', () => {
    if (!hasEnded) end(closedEarly());
  });
  return socket;
}

/** Passes on what a pipe holds now, up to its usual capacity. Returns whether there may be more, and whether that is wanted. */
function readHeld(descriptor: number, sink: ByteSink): 'more' | 'unwanted' | 'ended' {
  const pipe = openedAgain(descriptor);
  if (pipe === null) return 'more';
  try {
    for (let passed = 0; passed < PIPE_READ_BYTES; ) {
      const room = sink.room(PIPE_READ_BYTES - passed);
      const bytes = readNow(pipe, room);
      if (bytes === null) return 'more';
      if (bytes === 0) {
        sink.ended();
        return 'ended';
      }
      passed += bytes;
      if (!sink.arrived(room, bytes)) return 'unwanted';
    }
    return 'more';
  } finally {
    closeSync(pipe);
  }
}

/** The same pipe by a descriptor that does not wait: Node makes an inherited one so by a socket alone. Null for a socket, a pipe of another user, and on other systems. */
function openedAgain(descriptor: number): number | null {
  if (process.platform !== 'linux') return null;
  try {
    return openSync(`/proc/self/fd/${descriptor}`, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch {
    return null;
  }
}

/** Null if nothing is there yet (EAGAIN). Any other error the socket meets as well, and reports it. */
function readNow(pipe: number, room: Buffer): number | null {
  try {
    return readSync(pipe, room, 0, room.length, null);
  } catch {
    return null;
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
    if (this.#left >= 0 && this.#left <= SMALL_FILE_BYTES) this.#readNow(sink);
    else this.#read(sink);
  }

  #readNow(sink: ByteSink): void {
    const room = sink.room(this.#wanted());
    let bytes: number;
    try {
      bytes = readSync(this.#descriptor, room, 0, room.length, null);
    } catch (error) {
      sink.ended(error);
      return;
    }
    if (bytes === 0) sink.ended();
    else this.#take(sink, room, bytes);
  }

  #read(sink: ByteSink): void {
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
