/** Reads the fonts of the plate, which lie beside this module in the sources, and beside the bundle in a build. */

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { PlateFonts } from './style.ts';

export async function readFonts(): Promise<PlateFonts> {
  const [text, textBold, title, code] = await Promise.all([
    font('mulish-400'),
    font('mulish-700'),
    font('cormorant-garamond-italic-500'),
    font('jetbrains-mono-400'),
  ]);
  return { text, textBold, title, code };
}

function font(name: string): Promise<string> {
  return readFile(join(import.meta.dirname, `fonts/${name}.woff2`), 'base64');
}
