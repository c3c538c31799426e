import fc from 'fast-check';
import { expect, it } from 'vitest';
import { SendWindow } from '../../../../src/core/ledger/log/write/send-window.ts';

const MIB = 1024 * 1024;
const bytes = fc.integer({ min: 100, max: MIB });
const quick = fc.double({ min: 0, max: 60, noNaN: true });
const slow = fc.double({ min: 60.1, max: 1e6, noNaN: true });

it('holds two of the largest messages at least, and eight at most', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(bytes, fc.oneof(quick, slow)), { maxLength: 200 }), (answers) => {
      const window = new SendWindow();
      for (const [length, tookMs] of answers) {
        window.answered(length, tookMs);
        expect(window.bytesMax).toBeGreaterThanOrEqual(2 * MIB);
        expect(window.bytesMax).toBeLessThanOrEqual(8 * MIB);
      }
    }),
  );
});

it('grows with quick answers, and falls with slow ones', () => {
  fc.assert(
    fc.property(bytes, quick, slow, (length, quickMs, slowMs) => {
      const window = new SendWindow();
      for (let sent = 0; sent < 6 * MIB; sent += length) window.answered(length, quickMs);
      expect(window.bytesMax).toBe(8 * MIB);
      window.answered(length, slowMs);
      expect(window.bytesMax).toBe(7 * MIB);
      for (let nth = 0; nth < 20; nth++) window.answered(length, slowMs);
      expect(window.bytesMax).toBe(2 * MIB);
    }),
    // short messages take many answers
    { numRuns: 20 },
  );
});
