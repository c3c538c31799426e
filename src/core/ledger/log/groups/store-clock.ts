/**
 * What time it is by the clock of the store: the time of a record that is written for that, whatever it holds: of many members that ask at once none is
 * refused. Leases of many machines are compared by this one clock. It is a little late, never early, so that no lease ends too soon.
 */

import type { Micros } from '../../../model/time/time.ts';
import type { RecordEditor } from './record-editor.ts';
import { CLOCK } from './record-keys.ts';
import { CLOCK_VALUE } from './record-values.ts';

export class StoreClock {
  readonly #editor: RecordEditor;

  constructor(editor: RecordEditor) {
    this.#editor = editor;
  }

  /** @throws as {@link RecordEditor.overwrite} does */
  async now(): Promise<Micros> {
    return (await this.#editor.overwrite(CLOCK_VALUE, CLOCK, {})).writtenAt;
  }
}
