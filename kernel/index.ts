/** Exports of the WebAssembly kernel. The host owns the memory: it is imported, laid out and grown there. */

export { frame, framedFirstTime, framedLastTime, framedLate, framedPayloadBytes, layRegions } from './frame';
export { gather, gatheredEnd, gatheredFirst, gatheredFirstTime, gatheredLast, gatheredLastTime, isWhole } from './gather';
export { check, firstFault } from './check-lines';
export { gatheredKeys, gatherKeys } from './gather-keys';
export { setTables } from './layout';
export { knownLiterals, literalBytes } from './literals';
export { scan, setPlan, scannedLineCount, scannedUndecidedCount } from './scan';
export { countPins, readRun, writeRun } from './runs';
export { setRows, writeRows, writtenEnd, isRowLeft } from './rows';
export {
  addSession,
  assignSession,
  assignSessions,
  beginPins,
  changedPinKeyBytes,
  changedPins,
  countEvent,
  findSession,
  keepChanges,
  laySessions,
  numberSessions,
  pinTimeShiftMax,
  sessionKeyBytes,
  sessionsKnown,
  setIdleRule,
  setPin,
  slotlessSessions,
  writeChanges,
} from './sessions';
