/** Opens a source of input lines, whatever its bytes are. */

import { type ByteSource, StreamSource } from './byte-source.ts';
import type { InputSource } from './input-source.ts';
import { RecognizingSource } from './recognizing-source.ts';

/** The bytes of its lines: decoded if they are compressed. */
export function openSource(source: InputSource): ByteSource {
  const bytes = source.openDirectly?.() ?? new StreamSource(source.open(), { isPrompt: source.isPrompt ?? false });
  return new RecognizingSource(bytes, source.name);
}
