/** A source of input lines, as callers name and open it. */

import type { ByteSource } from './byte-source.ts';

/** A named stream of JSON lines. */
export interface InputSource {
  /** The name used in messages: a file's path, or `stdin`. */
  readonly name: string;
  /** Called when the sources before it have ended. */
  readonly open: () => AsyncIterable<Uint8Array | string>;
  /** The same bytes without a copy, for a source that can write into the reader's memory. */
  readonly openDirectly?: (() => ByteSource) | undefined;
  /** Whether its bytes come without waiting for a producer, as a file's do: an input below 2 MiB becomes one commit. Default: false, bytes are committed as they arrive. */
  readonly isPrompt?: boolean | undefined;
  /** @internal Where a line of it comes from, if it was made of several inputs; `line`: 1-based. */
  readonly placeOf?: ((line: number) => { readonly source: string; readonly line: number }) | undefined;
}
