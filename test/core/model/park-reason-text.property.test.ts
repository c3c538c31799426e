import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { reasonOf } from '../../../src/core/engine/reporting.ts';
import { firstLine, parkReasonText, REASON_BYTES_MAX } from '../../../src/core/model/park-reason-text.ts';
import { CommandFailure } from '../../../src/core/output/command-consumer.ts';
import { anyCharacter } from '../../support/any-character.ts';

/** Any text: with unpaired surrogates, control characters, and longer than what is stored. */
const units = fc.array(fc.integer({ min: 0, max: 0xffff }), { maxLength: 40 });
const hostile = fc.oneof(
  fc.string({ unit: anyCharacter }),
  units.map((codes) => String.fromCharCode(...codes)),
  fc
    .tuple(
      fc.constantFrom('x', 'é', '€', '\u{1f600}', '\ud83d', '\u0000', '\u001b[2J'),
      fc.integer({ min: 240, max: 1100 }),
    )
    .map(([unit, count]) => unit.repeat(count)),
);
const bytesOf = (text: string) => Buffer.byteLength(text, 'utf8');
const isWellFormed = (text: string) => Buffer.from(text, 'utf8').toString('utf8') === text;

describe('the text of a failure', () => {
  it('is one line of a bounded length, whole characters, and stays the same when it is cut again', () => {
    fc.assert(
      fc.property(hostile, fc.string(), (text, before) => {
        for (const whole of [text, `\n \n${text}\n${before}`]) {
          const line = firstLine(whole);
          expect(line).not.toContain('\n');
          expect(bytesOf(line)).toBeLessThanOrEqual(REASON_BYTES_MAX);
          expect(isWellFormed(line)).toBe(true);
          expect(firstLine(line)).toBe(line);
        }
      }),
    );
  });

  it('is all of a short line, controls included', () => {
    const line = 'no \u0000\u001b[31m\u202eroute\r';
    expect(firstLine(`\n${line}\nmore`)).toBe(line.trimEnd());
    expect(firstLine('\ud83d')).toBe('\ufffd');
    expect(firstLine('€'.repeat(1000))).toBe('€'.repeat(333));
    expect(firstLine(' \n\t')).toBe('');
  });

  it('takes time in the length of its text', () => {
    expect(firstLine('\n'.repeat(20_000_000))).toBe('');
    expect(bytesOf(firstLine('y'.repeat(50_000_000)))).toBe(REASON_BYTES_MAX);
  });

  it('names how a command ended, and the last line that it wrote', () => {
    expect(parkReasonText(reasonOf(new CommandFailure('exit code 7', 'one\ntwo')))).toBe('exit code 7: two');
    expect(parkReasonText(reasonOf(new CommandFailure('exit code 7', '')))).toBe('exit code 7');
    expect(parkReasonText({ reason: 'exit code 7', details: 'x'.repeat(5000) })).toHaveLength(REASON_BYTES_MAX);
  });

  it('is never empty, whatever a handler has thrown', () => {
    for (const thrown of [new RangeError(''), '', undefined, null, Object.create(null), Symbol('s'), new Proxy({}, {})])
      expect(parkReasonText(reasonOf(thrown))).not.toBe('');
    expect(parkReasonText(reasonOf(new RangeError('')))).toMatch(/^RangeError/);
  });
});
