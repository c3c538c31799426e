/** Errors of the client and of JetStream's API as those of the engine, each with the location it concerns. */

import { LedgerError, type LedgerErrorCode } from '../../model/ledger-error.ts';
import { quoted } from '../../model/text/quoting.ts';

/** Error codes of JetStream's API_ERRORS. */
export const API_ERRORS = {
  noSuitablePeers: 10005,
  clusterNotAvailable: 10008,
  insufficientResources: 10023,
  storageExceeded: 10028,
  messageNotFound: 10037,
  notEnabledForAccount: 10039,
  memoryExceeded: 10040,
  streamExists: 10058,
  streamNotFound: 10059,
  wrongLastSequence: 10071,
  replicasWithoutCluster: 10074,
  notEnabled: 10076,
  storeFailed: 10077,
  /** A message of the batch has not come to this leader. */
  batchIncomplete: 10176,
  /** Too many batches have been begun and not ended. */
  tooManyBatches: 10210,
  /** Of 2.12 and later: another proposal is on its way. */
  wrongLastSequenceNow: 10164,
} as const;

/** What a server answered instead of a result. */
export class ApiError extends Error {
  override readonly name = 'ApiError';
  readonly status: number;
  readonly code: number;

  constructor(
    answer: { readonly code?: unknown; readonly err_code?: unknown; readonly description?: unknown },
    options?: ErrorOptions,
  ) {
    super(String(answer.description ?? 'no description'), options);
    this.status = Number(answer.code ?? 0);
    this.code = Number(answer.err_code ?? 0);
  }
}

/** Answers with the status "unavailable" that do not pass by themselves. */
const LASTING: ReadonlySet<number> = new Set([
  API_ERRORS.notEnabled,
  API_ERRORS.notEnabledForAccount,
  API_ERRORS.insufficientResources,
  API_ERRORS.storageExceeded,
  API_ERRORS.memoryExceeded,
  API_ERRORS.storeFailed,
]);

/** Answers to a batch of which nothing was stored, and which is taken when it is sent again: a leader was lost on the way, or others have begun too many. */
const BATCH_AGAIN: ReadonlySet<number> = new Set([API_ERRORS.batchIncomplete, API_ERRORS.tooManyBatches]);

/** Errors about a call, which would be the same again. */
const MISTAKES = new Set(['TypeError', 'InvalidArgumentError', 'InvalidSubjectError', 'InvalidOperationError']);

/** Whether the same request may succeed later: no leader yet, no answer, a lost connection. */
export function isTransient(error: unknown): boolean {
  if (error instanceof ApiError)
    return (error.status === 503 && !LASTING.has(error.code)) || BATCH_AGAIN.has(error.code);
  if (error instanceof LedgerError || !(error instanceof Error)) return false;
  return deniedOf(error) === null && !isUntrusted(error) && !isWithoutTls(error) && !MISTAKES.has(error.name);
}

/** The server refuses these credentials, or what they may do: the subject concerned, if it is one. */
export function deniedOf(error: unknown): { readonly subject: string | null } | null {
  for (let each = error; each instanceof Error; each = each.cause) {
    if (each.name === 'AuthorizationError' || each.name === 'UserAuthenticationExpiredError') return { subject: null };
    if (each.name === 'PermissionViolationError') return { subject: (each as { subject?: string }).subject ?? '' };
  }
  return null;
}

/** Nobody listens on the subject of the request: no leader for now, or no JetStream at all. Nothing was stored. */
export function isNoResponders(error: unknown): boolean {
  return error instanceof Error && (error.name === 'NoResponders' || isNoResponders(error.cause));
}

function isWithoutTls(error: Error): boolean {
  return error.name === 'ConnectionError' && /does not support 'tls'/.test(error.message);
}

function isUntrusted(error: Error): boolean {
  const { code = '' } = error as NodeJS.ErrnoException;
  return /CERT|SELF_SIGNED|UNABLE_TO_|ERR_TLS|ERR_SSL|ERR_OSSL/.test(code);
}

export function translateServerError(error: unknown, location: string): unknown {
  if (error instanceof LedgerError) return error;
  const known = classify(error, location);
  return known === null ? error : new LedgerError(known.code, { ...known, details: { location }, cause: error });
}

interface KnownError {
  readonly code: LedgerErrorCode;
  readonly message: string;
  readonly hint: string;
}

function classify(error: unknown, location: string): KnownError | null {
  const denied = deniedOf(error);
  if (denied !== null)
    return {
      code: 'PERMISSION_DENIED',
      message:
        denied.subject === null
          ? `${location}: the server refuses the credentials`
          : `${location}: the credentials do not allow ${quoted(denied.subject)}`,
      hint: 'check the user, the file of credentials and its permissions: NATS_CREDS, NATS_USER, NATS_PASSWORD',
    };
  if (error instanceof ApiError) return classifyAnswer(error, location);
  if (!(error instanceof Error)) return null;
  if (isUntrusted(error))
    return {
      code: 'PERMISSION_DENIED',
      message: `${location}: the TLS connection is not trusted: ${oneLine(error.message)}`,
      hint: 'give the certificate of its authority: NATS_CA=FILE',
    };
  if (isTransient(error)) return unreachable(location, error);
  if (!isWithoutTls(error)) return null;
  return {
    code: 'UNSUPPORTED_SERVER',
    message: `${location}: the server offers no TLS`,
    hint: 'configure it there, or write nats:// and give no certificate',
  };
}

function classifyAnswer(error: ApiError, location: string): KnownError {
  const said = oneLine(error.message);
  switch (error.code) {
    case API_ERRORS.streamNotFound:
      return {
        code: 'NO_LEDGER',
        message: `${location}: there is no ledger of this name`,
        hint: `make it: completengine init -l ${location}`,
      };
    case API_ERRORS.streamExists:
      return {
        code: 'NOT_A_LEDGER',
        message: `${location}: there is a stream of this name with other settings`,
        hint: 'choose another name',
      };
    case API_ERRORS.notEnabled:
    case API_ERRORS.notEnabledForAccount:
      return {
        code: 'UNSUPPORTED_SERVER',
        message: `${location}: JetStream is not enabled`,
        hint: 'enable JetStream for the server and for the account, or name other servers',
      };
    case API_ERRORS.noSuitablePeers:
    case API_ERRORS.replicasWithoutCluster:
      return {
        code: 'CANNOT_CREATE',
        message: `${location}: the servers cannot keep this number of copies: ${said}`,
        hint: 'give fewer replicas, or add servers',
      };
    case API_ERRORS.storeFailed:
    case API_ERRORS.insufficientResources:
    case API_ERRORS.storageExceeded:
    case API_ERRORS.memoryExceeded:
      return {
        code: 'DISK_FULL',
        message: `${location}: a limit of the servers is reached, and nothing of this is stored: ${said}`,
        hint: 'give the stream or the account more space, then try again',
      };
    default:
      return isTransient(error)
        ? unreachable(location, error)
        : { code: 'IO_FAILED', message: `${location}: the server answers: ${said}`, hint: 'look at its log' };
  }
}

function unreachable(location: string, error: Error): KnownError {
  return {
    code: 'UNREACHABLE',
    message: `${location}: no answer within the time limit, and nothing was stored: ${reasonOf(error)}`,
    hint: 'check that the servers run and have a leader, or wait longer with `busyTimeoutMs`',
  };
}

/** The innermost reason, which is that of the system. */
function reasonOf(error: Error): string {
  if (isNoResponders(error)) return 'no server leads it';
  const { cause } = error;
  return cause instanceof Error && cause.message !== '' ? reasonOf(cause) : oneLine(error.message || error.name);
}

/** Texts of servers reach a terminal: on one line, printable, not endless. */
function oneLine(text: string): string {
  return quoted(text.slice(0, 200)).slice(1, -1);
}
