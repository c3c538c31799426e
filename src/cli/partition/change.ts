/** What the commands that change the routing share: the flags of a dry run, and the two ways in which a change is made or only shown. */

import * as Flags from '@oclif/core/flags';
import type { Completengine, PreviewedEvents, ReroutePreview, RoutingChange } from '../../index.ts';
import {
  type ReroutePreviewDocument,
  type RoutingChangeDocument,
  reroutePreviewDocument,
  routingChangeDocument,
} from '../../views/routing-document.ts';
import { countFlag } from '../app/flag-kinds.ts';
import { type LedgerFlags, withLedger } from '../app/session.ts';
import { printOnOutputFailure } from '../terminal/guard-output.ts';
import { previewText } from './preview-text.ts';
import { changeText } from './routing-text.ts';

export const dryRunFlags = {
  'dry-run': Flags.boolean({ description: 'only report what would change' }),
  sample: countFlag({
    description: 'use only the last N events; default: all events',
    dependsOn: ['dry-run'],
  }),
};

interface ChangeFlags extends LedgerFlags {
  readonly 'dry-run': boolean;
  readonly sample: number | undefined;
}

export interface RoutingCalls {
  change(partitioning: Completengine['partitioning']): Promise<RoutingChange>;
  preview(partitioning: Completengine['partitioning'], events: PreviewedEvents): Promise<ReroutePreview>;
}

/** Returns the document of what was done, or would be. */
export function changeRouting(
  flags: ChangeFlags,
  { change, preview }: RoutingCalls,
  print: (text: string) => void,
): Promise<RoutingChangeDocument | ReroutePreviewDocument> {
  if (!flags['dry-run'])
    return withLedger(flags, 'write', async ({ partitioning }) => {
      const document = routingChangeDocument(await change(partitioning));
      printOnOutputFailure('the change was made');
      print(changeText(document));
      return document;
    });
  return withLedger(flags, 'read', async ({ partitioning }, { signal }) => {
    const document = reroutePreviewDocument(await preview(partitioning, { sample: flags.sample, signal }));
    print(await previewText(document));
    return document;
  });
}
