/** A socket that passes its answers to one handler at a time, and rejects the pending wait when it fails. */

import { createReadStream } from 'node:fs';
import { connect, type NetConnectOpts, type Socket } from 'node:net';

const READ_BYTES = 1024 * 1024;

/** Returns true when it has received everything it waits for. */
type Handler = (piece: Buffer) => boolean;

export class Connection {
  readonly #socket: Socket;
  #handler: Handler | undefined;
  #finish: ((error?: Error) => void) | undefined;

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.on('data', (piece: Buffer) => this.#take(piece));
    socket.on('error', (error) => this.#fail(error));
    socket.on('close', () => this.#fail(new Error('the server closed the connection')));
  }

  static open(where: NetConnectOpts): Promise<Connection> {
    return new Promise((resolve, reject) => {
      const socket = connect(where);
      socket.once('error', reject);
      socket.once('connect', () => {
        socket.off('error', reject);
        resolve(new Connection(socket));
      });
    });
  }

  /** Passes received bytes to `handler` until that returns true; starts at once. */
  receive(handler: Handler): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#handler = handler;
      this.#finish = (error) => (error === undefined ? resolve() : reject(error));
    });
  }

  write(bytes: Uint8Array | string): boolean {
    return this.#socket.write(bytes);
  }

  /** Resolves when the send buffer has drained. */
  async send(text: string): Promise<void> {
    if (!this.#socket.write(text, 'latin1')) await this.#drained();
  }

  /** Sends a file as fast as the other side reads it. `permit` may delay each chunk. */
  async sendFile(
    file: string,
    options: { pieceBytes?: number; permit?: (bytes: number) => Promise<void> | undefined } = {},
  ): Promise<void> {
    for await (const piece of createReadStream(file, { highWaterMark: options.pieceBytes ?? READ_BYTES })) {
      await options.permit?.((piece as Buffer).length);
      if (!this.#socket.write(piece)) await this.#drained();
    }
  }

  close(): void {
    this.#finish = undefined;
    this.#socket.destroy();
  }

  #drained(): Promise<void> {
    return new Promise((resolve, reject) => {
      const onDrain = () => {
        this.#socket.off('close', onClose);
        resolve();
      };
      const onClose = () => {
        this.#socket.off('drain', onDrain);
        reject(new Error('the server closed the connection'));
      };
      this.#socket.once('drain', onDrain).once('close', onClose);
    });
  }

  #take(piece: Buffer): void {
    try {
      if (this.#handler?.(piece) !== true) return;
      this.#handler = undefined;
      this.#finish?.();
      this.#finish = undefined;
    } catch (error) {
      this.#fail(error as Error);
    }
  }

  #fail(error: Error): void {
    this.#finish?.(error);
    this.#finish = undefined;
  }
}
