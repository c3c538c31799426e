/**
 * What time it is by the clock of the store: the time of a record that is written for that. Leases of many machines are compared by this one clock. It is a
 * little late, never early, so that no lease ends too soon.
 */

import type { Micros } from '../../../model/time/time.ts';
import type { RecordEditor, Versioned } from './record-editor.ts';
import { CLOCK } from './record-keys.ts';
import { CLOCK_VALUE } from './record-values.ts';

export class StoreClock {
  readonly #editor: RecordEditor;
  #last: Versioned<object> | undefined;

  constructor(editor: RecordEditor) {
    this.#editor = editor;
  }

  /** @throws as {@link RecordEditor.change} does */
  async now(): Promise<Micros> {
    const { record } = await this.#editor.change(CLOCK_VALUE, CLOCK, this.#last, () => ({ write: {}, result: null }));
    this.#last = record as Versioned<object>;
    return this.#last.writtenAt;
  }
}
