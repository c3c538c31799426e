/** Begins epochs: a change of routing is proposed, and valid only if the epoch that it was planned for is still in force when it comes. */

import type { Plan } from '../../../model/routing/epoch-plan.ts';
import type { RoutingChange } from '../../ledger.ts';
import { decideEpoch } from '../../protocol/epoch-link.ts';
import { routingOf } from '../../protocol/ledger-state.ts';
import type { Folded } from '../fold/fold.ts';
import { encodeEpoch } from '../format/epoch.ts';
import type { OrderedLog } from '../ordered-log.ts';
import type { LiveFold } from '../read/live-fold.ts';
import { checkSize, isUnknown, notUnderstood } from './outcomes.ts';

/** @throws whatever the plan throws, INVALID_ARGUMENT for one that no message takes, and what the log throws */
export async function beginEpoch(log: OrderedLog, live: LiveFold, plan: Plan): Promise<RoutingChange> {
  for (;;) {
    const { ledger } = await live.current();
    let wanted: ReturnType<Plan> = null;
    const { planned, change } = decideEpoch(ledger, (routing) => {
      wanted = plan(routing);
      return wanted;
    });
    if (planned === null || wanted === null) return change;
    const id = crypto.randomUUID();
    const { fold } = live;
    const { uuid } = fold.genesis.ledger;
    const entry = encodeEpoch({ ledger: uuid, id, after: ledger.epoch.epoch, plan: wanted, seen: fold.seen });
    checkSize(entry, log, 'the change of routing');
    let before = ledger;
    let begun: RoutingChange | null = null;
    let isLate = false;
    const onFolded = (folded: Folded): void => {
      const now = live.state.ledger;
      // commits may have come since the plan: the epoch begins behind them
      if (folded.kind === 'epoch' && folded.id === id) begun = { before: routingOf(before), after: routingOf(now) };
      before = now;
      if (folded.kind === 'void' && folded.id === id && folded.reason === 'epoch') isLate = true;
    };
    const listening = live.listen({ onFolded });
    try {
      await live.reached((await log.append(entry)) as number);
    } catch (error) {
      if (isUnknown(error)) await live.current().catch(() => {});
      if (begun === null) throw error;
    } finally {
      listening.close();
    }
    if (begun !== null) return begun;
    if (!isLate) throw notUnderstood('malformed');
  }
}
