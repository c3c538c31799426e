/** How the kernel lays out sessions in its memory, as in `kernel/sessions.ts`: two hosts lay out such tables. */

export interface SessionTables {
  laySessions(loads: number, changes: number, slots: number, slotCount: number, rows: number, keys: number): void;
  sessionsKnown(): number;
  sessionKeyBytes(): number;
}

export const SLOT_BYTES = 8;
export const ROW_BYTES = 32;
/** Keys are read and written sixteen bytes at a time, past their end. */
export const SPARE_BYTES = 16;
