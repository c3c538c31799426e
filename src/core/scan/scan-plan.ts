/**
 * The fields that a scan reports, by their paths: a tree of keys that the scanner walks along with the line's nesting.
 */

import type { FieldPath } from '../model/text/field-path.ts';

/** Node 0 is the payload's root. */
interface PlanNode {
  /** Keys of interest at this node, as UTF-8, with the node each leads to. */
  readonly keys: { readonly text: string; readonly bytes: Uint8Array; readonly node: number }[];
  /** Slots of the fields that end here: a time and a key may be the same field. */
  readonly slots: number[];
}

export interface ScanPlan {
  readonly nodes: readonly PlanNode[];
  readonly slotCount: number;
  readonly lineBytesMax: number;
  readonly depthMax: number;
  /** If an object holds a key of interest twice: fault, or the last one counts. */
  readonly repeats: 'refuse' | 'last';
}

/** Field n of `paths` is reported in slot n. */
export function planScan(
  paths: readonly FieldPath[],
  limits: { lineBytesMax: number; depthMax: number; repeats?: ScanPlan['repeats'] },
): ScanPlan {
  const nodes: PlanNode[] = [{ keys: [], slots: [] }];
  const nodeAt = (index: number) => nodes[index] as PlanNode;
  for (const [slot, path] of paths.entries()) {
    let current = 0;
    for (const text of path) {
      let next = nodeAt(current).keys.find((key) => key.text === text)?.node;
      if (next === undefined) {
        next = nodes.push({ keys: [], slots: [] }) - 1;
        nodeAt(current).keys.push({ text, bytes: new TextEncoder().encode(text), node: next });
      }
      current = next;
    }
    nodeAt(current).slots.push(slot);
  }
  return { nodes, slotCount: paths.length, repeats: 'refuse', ...limits };
}
