/** The document of `inspect --permissions`. */

import type { LedgerPermissions } from '../index.ts';

/** Subjects that accounts need. */
export type PermissionsDocument = LedgerPermissions;
