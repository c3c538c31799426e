/**
 * The port of a log: one order of messages that many processes append to and read, and that keeps what it has acknowledged. It decides nothing: which of
 * its messages are commits is decided by the fold. Whatever offers this can carry a ledger: a JetStream stream, a partition of Kafka, a table.
 * Every method may reject with UNREACHABLE (nothing was stored), PERMISSION_DENIED, LEDGER_REPLACED or CLOSED besides the codes it names.
 */

import type { Micros } from '../../model/time/time.ts';

/** What is appended. */
export interface LogEntry {
  /** Tokens of `[A-Za-z0-9_-]`, joined by dots: messages can be read by their topic. */
  readonly topic: string;
  /** Printable text without line ends, and without blanks at its ends. Less than 64 KiB. */
  readonly header: string;
  readonly body: Buffer;
}

/** What was appended, by anyone: hostile until the fold has accepted it. */
export interface LogMessage extends LogEntry {
  /** Its place in the order: 1, 2, .. without gaps. */
  readonly position: number;
  /** When the log took it, by the clock of the log: the same for every reader. */
  readonly storedAt: Micros;
  /** Length of the body in bytes, also where the body was not asked for and is empty. */
  readonly bodyBytes: number;
}

/** A bounded read: the messages from one position through another, both inclusive. */
export interface LogRead {
  readonly from: number;
  readonly through: number;
  /** Only messages of these topics; all by default. */
  readonly topics?: readonly string[] | undefined;
  readonly hasBodies: boolean;
  /** How much of it the reader is going to take, if it knows: a hint, so that little more is fetched. Bytes of bodies. */
  readonly expected?: { readonly messages: number; readonly bytes: number } | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface LogFollower {
  /** In the order of the log, each once, without a gap, however often the connection is lost meanwhile. Bodies are empty. */
  onMessage(message: LogMessage): void;
  /** The log cannot be followed any more; called at most once, and then nothing else is. */
  onError(error: unknown): void;
}

export interface AppendOptions {
  /** Only as the message that follows this position. */
  readonly after?: number | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Called before the call resolves with a position, once nothing reads the bodies any more: their memory may be used again. Not called where a copy may still be on its way. */
  readonly onReleased?: (() => void) | undefined;
}

export interface OrderedLog {
  /** Names the log to people: its location without credentials. */
  readonly location: string;
  /** Most bytes that topic, header and body of one message may have together. */
  readonly messageBytesMax: number;
  /** Most entries that {@link appendBatch} takes; 1: this log appends none together. */
  readonly batchMax: number;
  /**
   * Appends the entry, at least once: it is sent again where no answer came, so that it may be in the log more than once. Resolves with the position of
   * one copy, when it is as durable as the log makes anything. Entries whose calls overlap are appended in the order of the calls unless one is repeated.
   * `after`: only as the message that follows this position; null if there is another one already, and then nothing was appended.
   * @throws LedgerError OUTCOME_UNKNOWN (possibly appended), DISK_FULL (a limit of the log is reached; nothing was appended)
   */
  append(entry: LogEntry, options?: AppendOptions): Promise<number | null>;
  /**
   * As {@link append}, for entries that come into the log right behind one another, or not at all: nobody ever reads a part of them. Resolves with the position
   * of the last one. `after`: of the first one.
   */
  appendBatch(entries: readonly LogEntry[], options?: AppendOptions): Promise<number | null>;
  /** Ends after the last message of the range that is in the log; it does not wait for more. */
  read(request: LogRead): AsyncIterable<LogMessage>;
  /** Position of the last message; 0 in an empty log. */
  last(): Promise<number>;
  /** The last message of a topic, with its body; null if there is none. */
  lastOf(topic: string): Promise<LogMessage | null>;
  /** The first message of a topic at this position or behind it, with its body; null if there is none. */
  nextOf(topic: string, from: number): Promise<LogMessage | null>;
  /** Reports every message from this position on: those that are there, and each that comes, soon after it was stored. */
  follow(from: number, follower: LogFollower): { close(): void };
  close(): Promise<void>;
}
