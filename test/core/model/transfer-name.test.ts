import { expect, test } from 'vitest';
import { formatTransferName, readTransferName } from '../../../src/core/model/events/transfer-name.ts';

const UUID = 'fedcba98-7654-4321-8abc-0123456789ab';

test.each([null, '0123456789ab'])(
  'the name of a transfer says whose events it holds, and which choice of them: %s',
  (choice) => {
    const name = formatTransferName({ uuid: UUID, choice });
    expect(readTransferName(name)).toEqual({ uuid: UUID, choice });
  },
);

test.each(['week-12', 'replay-of-monday', `replay-of-${UUID}.`, `replay-of-${UUID}.monday`, `x-replay-of-${UUID}`])(
  '%s is the name of another producer',
  (name) => {
    expect(readTransferName(name)).toBeNull();
  },
);
