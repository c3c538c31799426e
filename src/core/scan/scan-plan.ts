/**
 * The fields that a scan reports, by their paths: a tree of keys that the scanner walks along with the line's nesting.
 */

import type { FieldPath } from '../model/text/field-path.ts';

/** Node 0 is the payload's root. */
interface PlanNode {
  /** Keys of interest at this node, as UTF-8, with the node each leads to. */
  readonly keys: { readonly text: string; readonly bytes: Uint8Array; readonly node: number }[];
  /** Indices of interest if this node is an array, from 0, with the node each leads to. */
  readonly elements: { readonly index: number; readonly node: number }[];
  /** Slots of the fields that end here: a time and a key may be the same field. */
  readonly slots: number[];
}

export interface ScanPlan {
  readonly nodes: readonly PlanNode[];
  readonly slotCount: number;
  readonly hasElements: boolean;
  /** The kernel reads no elements, and names the slots of a node in a word of bits. */
  readonly isForKernel: boolean;
  readonly lineBytesMax: number;
  readonly depthMax: number;
  /** If an object holds a key of interest twice: fault, or the last one counts. */
  readonly repeats: 'refuse' | 'last';
}

const KERNEL_SLOTS_MAX = 32;

/** Field n of `paths` is reported in slot n. */
export function planScan(
  paths: readonly FieldPath[],
  limits: { lineBytesMax: number; depthMax: number; repeats?: ScanPlan['repeats'] },
): ScanPlan {
  const nodes: PlanNode[] = [{ keys: [], elements: [], slots: [] }];
  const nodeAt = (index: number) => nodes[index] as PlanNode;
  for (const [slot, path] of paths.entries()) {
    let current = 0;
    for (const step of path) {
      const { keys, elements } = nodeAt(current);
      const known =
        typeof step === 'number'
          ? elements.find(({ index }) => index === step)
          : keys.find(({ text }) => text === step);
      const node = known?.node ?? nodes.push({ keys: [], elements: [], slots: [] }) - 1;
      if (known === undefined && typeof step === 'number') elements.push({ index: step, node });
      else if (known === undefined && typeof step === 'string')
        keys.push({ text: step, bytes: new TextEncoder().encode(step), node });
      current = node;
    }
    nodeAt(current).slots.push(slot);
  }
  const hasElements = nodes.some(({ elements }) => elements.length > 0);
  const isForKernel = !hasElements && paths.length <= KERNEL_SLOTS_MAX;
  return { nodes, slotCount: paths.length, hasElements, isForKernel, repeats: 'refuse', ...limits };
}
