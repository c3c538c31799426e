/** The client of NATS: the only importer of its packages. Loaded by `await import` when a location on NATS is opened, as one chunk of the bundle. */

export type { Msg, MsgHdrs, NatsConnection, ServerInfo, Subscription } from '@nats-io/transport-node';
export {
  connect,
  credsAuthenticator,
  headers,
  jwtAuthenticator,
  MsgHdrsImpl,
  nkeyAuthenticator,
  nuid,
} from '@nats-io/transport-node';
