/** The fault of the current line, and where it is. Functions that read a token return the address behind it, or {@link STOPPED}. */

import { FAULT_NONE } from './codes';

export let fault: u8 = FAULT_NONE;
export let faultAt: usize = 0;

/** In place of an address: the line has a fault. */
export const STOPPED: usize = 0;

export function stop(what: u8, where: usize): usize {
  fault = what;
  faultAt = where;
  return STOPPED;
}

@inline
export function clearFault(): void {
  fault = FAULT_NONE;
}
