/** Opens a source of input lines, whatever its bytes are. */

import { type ByteSource, StreamSource } from './byte-source.ts';
import type { InputSource } from './input-source.ts';
import { AS_JSON, type LineReading, textEvents, withReturns } from './line-reading.ts';
import { RecognizingSource } from './recognizing-source.ts';
import { TransformedSource } from './transformed-source.ts';

/** The bytes of its lines: decoded if they are compressed, and transformed as `reading` says. */
export function openSource(
  source: InputSource,
  reading: LineReading = AS_JSON,
  lineBytesMax = Number.POSITIVE_INFINITY,
): ByteSource {
  const bytes = source.openDirectly?.() ?? new StreamSource(source.open(), { isPrompt: source.isPrompt ?? false });
  const lines = new RecognizingSource(bytes, source.name);
  if (reading.isText) return new TransformedSource(lines, (pieces) => textEvents(pieces, reading, lineBytesMax));
  return reading.keepsReturns ? new TransformedSource(lines, withReturns) : lines;
}
