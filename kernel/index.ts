/** Exports of the WebAssembly kernel. The host owns the memory: it is imported, laid out and grown there. */

export { frame, framedFirstTime, framedLastTime, framedLate, framedPayloadBytes, layRegions } from './frame';
export { gather, gatheredEnd, gatheredFirst, gatheredFirstTime, gatheredLast, gatheredLastTime } from './gather';
export { check } from './check-lines';
export { setPlan, setTables } from './layout';
export { scan, scannedLineCount, scannedUndecidedCount } from './scan';
export { setRows, writeRows, writtenEnd, isRowLeft } from './rows';
