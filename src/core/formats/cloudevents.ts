/**
 * The format `cloudevents`: CloudEvents 1.0 as structured JSON, one a line. An event that is a CloudEvent stays as it is,
 * byte for byte; any other one becomes the data of one.
 */

import { invalidArgument } from '../model/ledger-error.ts';
import type { FieldPath } from '../model/text/field-path.ts';
import { formatTime } from '../model/time/time.ts';
import { FieldKind } from '../scan/scanned-field.ts';
import { type ConfigurableFormat, readSettings } from './event-format.ts';
import { type EventRow, RowWriter } from './event-row.ts';
import { JSON_CELLS } from './json-cells.ts';
import { type KernelLayout, KernelPart } from './kernel-rows.ts';
import type { PieceWriter } from './pieces.ts';

/** The attributes that each CloudEvent has: strings that are not empty. */
const REQUIRED: readonly FieldPath[] = [['specversion'], ['id'], ['source'], ['type']];
const SPECVERSION = 0;
const VERSION = '1.0';

const TYPE = 'completengine.event';
/** What the specification excludes from strings. */
const NOT_ALLOWED = /[\p{Cc}\p{Cs}\p{Noncharacter_Code_Point}]/u;
/** Characters that no URI contains. */
const NO_URI = /[\s\p{Cc}<>"{}|\\^`]/u;

const DATA = '"datacontenttype":"application/json","data":';
const LINE_END = '}\n';

interface Settings {
  /** Of the events that are wrapped; undefined: the ledger, as a URN. */
  readonly source?: string | undefined;
  readonly type?: string | undefined;
}

function configured({ source, type }: Settings): ConfigurableFormat<'source' | 'type'> {
  const layoutOf = (ledger: string): Layout => {
    const head = `{"specversion":"${VERSION}","id":"${ledger}/`;
    const origin = `","source":${JSON.stringify(source ?? `urn:uuid:${ledger}`)},"type":${JSON.stringify(type ?? TYPE)}`;
    return { ledger, head, origin, rows: new RowWriter(REQUIRED, kernelLayout(head, origin)) };
  };
  let layout = layoutOf('');
  return {
    name: 'cloudevents',
    summary: 'version 1.0',
    // some lines are the payload, others hold it
    layout: null,
    lines: (batch, labels, memory) => {
      // a program has few ledgers, and writes one of them for long
      if (layout.ledger !== labels.ledger) layout = layoutOf(labels.ledger);
      const { head, origin, rows } = layout;
      const write = (row: EventRow, out: PieceWriter): void => {
        const { bytes, payloadStart, payloadEnd } = row;
        if (isCloudEvent(row)) {
          out.bytes(bytes, payloadStart, payloadEnd);
          out.text('\n');
          return;
        }
        out.text(head);
        out.text(String(batch.sequences[row.at]));
        out.text(origin);
        writeFacts(row, out);
        out.bytes(bytes, payloadStart, payloadEnd);
        out.text(LINE_END);
      };
      return rows.pieces(batch, labels, write, memory);
    },
    settings: SETTINGS,
    with: (given) => configured(checked(readSettings('cloudevents', given, SETTINGS))),
  };
}

/** What the lines of one ledger have in common. */
interface Layout {
  readonly ledger: string;
  readonly head: string;
  readonly origin: string;
  readonly rows: RowWriter;
}

function kernelLayout(head: string, origin: string): KernelLayout {
  const literal = (text: string) => ({ part: KernelPart.LITERAL, literal: Buffer.from(text) });
  const parts = [
    { part: KernelPart.CLOUD_EVENT },
    literal(head),
    { part: KernelPart.SEQUENCE },
    literal(origin),
    { part: KernelPart.KEY_ATTRIBUTES },
    literal(',"time":'),
    { part: KernelPart.TIME },
    literal(`,${DATA}`),
    { part: KernelPart.PAYLOAD },
    literal(LINE_END),
  ];
  return { parts, style: JSON_CELLS.number, text: JSON_CELLS.text };
}

const SETTINGS = {
  source: {
    summary: '-o cloudevents: source of events that are no CloudEvents; default urn:uuid:LEDGER',
    helpValue: 'URI',
  },
  type: { summary: `-o cloudevents: their type; default ${TYPE}`, helpValue: 'TYPE' },
} as const;

export const cloudevents = configured({});

function isCloudEvent(row: EventRow): boolean {
  if (row.end(SPECVERSION) - row.start(SPECVERSION) !== VERSION.length + 2) return false;
  for (let nth = 0; nth < REQUIRED.length; nth++) {
    const kind = row.kind(nth);
    const isText = kind === FieldKind.STRING || kind === FieldKind.ESCAPED_STRING;
    if (!isText || row.end(nth) - row.start(nth) === 2) return false;
  }
  return row.bytes.toString('latin1', row.start(SPECVERSION) + 1, row.end(SPECVERSION) - 1) === VERSION;
}

/** From the subject on up to the data. */
function writeFacts({ batch, at, key }: EventRow, out: PieceWriter): void {
  // an attribute is left out rather than changed
  if (key !== null && key !== '' && !NOT_ALLOWED.test(key)) {
    const text = JSON.stringify(key);
    out.text(`,"subject":${text},"partitionkey":${text}`);
  }
  out.text(`,"time":"${formatTime(batch.times[at] as number)}",${DATA}`);
}

/** @throws LedgerError INVALID_ARGUMENT */
function checked({ source, type }: Settings): Settings {
  if (source !== undefined && (source === '' || NO_URI.test(source)))
    throw invalidArgument(
      `'${source.slice(0, 80)}' is not a source of a CloudEvent`,
      'it is a URI, such as https://example.com/orders, or /orders',
      'source',
    );
  if (type !== undefined && (type === '' || NOT_ALLOWED.test(type)))
    throw invalidArgument(
      `'${type.slice(0, 80)}' is not a type of a CloudEvent`,
      'such as com.example.order.created',
      'type',
    );
  return { source, type };
}
