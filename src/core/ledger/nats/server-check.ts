/** Whether a server can store ledgers: its version, its limits, and that JetStream runs. */

import { LedgerError } from '../../model/ledger-error.ts';
import { quoted } from '../../model/text/quoting.ts';
import type { JetStreamApi } from './api.ts';
import type { Deadline } from './deadline.ts';
import { isNoResponders, isTransient, translateServerError } from './server-error.ts';

/** Messages of a ledger take up to 1 MiB; with less than this, long lines would not fit. */
const PAYLOAD_MIN = 256 * 1024;

/** @throws LedgerError UNSUPPORTED_SERVER, UNREACHABLE, PERMISSION_DENIED */
export async function checkServer(api: JetStreamApi, deadline: Deadline): Promise<void> {
  const { connection, location } = api;
  const { max_payload } = connection.server;
  const unsupported = (fact: string, hint: string) => unsupportedServer(api, fact, hint);
  if (!connection.isAtLeast(2, 9))
    throw unsupported(
      'its nats-server is older than 2.9',
      'run nats-server 2.9 or later; 2.12.3 or later in production',
    );
  if (max_payload < PAYLOAD_MIN)
    throw unsupported(
      `its max_payload is ${max_payload} bytes, and a ledger needs ${PAYLOAD_MIN}`,
      'raise max_payload in the configuration of the servers, to 1MB at best',
    );
  for (;;) {
    try {
      await api.callOnce('INFO', {}, deadline);
      return;
    } catch (error) {
      if (isNoResponders(error) && hasNoJetStream(api, deadline))
        throw unsupported('JetStream is not enabled', 'start the servers with JetStream: nats-server -js');
      if (deadline.hasPassed || !isTransient(error)) throw translateServerError(error, location);
    }
    await deadline.pause();
  }
}

/** For what appends several messages together. @throws LedgerError UNSUPPORTED_SERVER */
export function checkAtomic(api: JetStreamApi): void {
  const { connection } = api;
  if (connection.isAtLeast(2, 12)) return;
  throw unsupportedServer(
    api,
    `a framed ledger needs nats-server 2.12, and this one is ${quoted(connection.server.version).slice(1, -1)}`,
    'run nats-server 2.12.3 or later, or leave the layout packed',
  );
}

function unsupportedServer({ location, connection }: JetStreamApi, fact: string, hint: string): LedgerError {
  const { version } = connection.server;
  return new LedgerError('UNSUPPORTED_SERVER', {
    message: `${location}: ${fact}`,
    hint,
    details: { location, version },
  });
}

/** A server alone that offers none will not offer it later; in a cluster another one may. */
function hasNoJetStream({ connection }: JetStreamApi, deadline: Deadline): boolean {
  const { cluster, jetstream } = connection.server;
  return jetstream !== true && (cluster === undefined || deadline.hasPassed);
}
