/** The test of a condition on a scanned field, which may be an array any of whose elements meets it. */

import { DEPTH_MAX } from '../model/config.ts';
import type { Condition, Holds } from '../model/events/condition.ts';
import type { ElementPath } from '../model/text/field-path.ts';
import { elementsOf } from './elements.ts';
import { FieldReader } from './field-reader.ts';
import { FieldKind } from './scanned-field.ts';

/** The nth field of the line is the one at the condition's `path`. @throws LedgerError INVALID_ARGUMENT for an invalid regular expression */
export async function loadCondition({ each, load }: Condition): Promise<Holds> {
  const holds = await load();
  return each === null ? holds : anyElement(each, holds);
}

function anyElement({ path, each }: ElementPath, holds: Holds): Holds {
  const fields = new FieldReader([path], DEPTH_MAX, 'last');
  const test = each === null ? holds : anyElement(each, holds);
  return (line, nth) => {
    if (line.kind(nth) !== FieldKind.ARRAY) return false;
    const { bytes } = line;
    for (const { start, end } of elementsOf(bytes, line.start(nth), line.end(nth)))
      if (test(fields.read(Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start)), 0)) return true;
    return false;
  };
}
