import { pollIpBytes, pushedIpBytes, segmentHeaderBytes } from '../../../bench/analysis/ip-bytes.ts';
import { headerTable, paperMegabit } from '../../../bench/analysis/published.ts';
import type { Probe } from '../../../bench/result.ts';
import type { TransportName } from '../../../clients/transports.ts';
import { threeDigits, whole } from '../../units.ts';
import type { Figure } from '../figure.ts';
import { compare } from '../panels.ts';
import { type ColumnOf, counts, numberCell, numbers, tableOf, wordCell, words } from '../table.ts';

/** What a TLS 1.3 record adds to what it carries: a head of 5 bytes, a type of 1 and a tag of 16 (RFC 8446 §5.2). */
const recordBytes = 5 + 1 + 16;

/** The frame of a message under 126 bytes from a server has 2 bytes of its own (RFC 6455 §5.2). */
const shortFrameBytes = 2;

/** What was counted once at the relay: application bytes of one poll or of one message. */
type Counted = {
  kind: Kind;
  over: 'plain' | 'tls' | 'http2';
  upBytes: number;
  downBytes: number;
  messageBytes: number;
  /** All bytes without the message itself. */
  overheadBytes: number;
};

type Kind = 'empty-poll' | 'poll-with-message' | 'event-stream' | 'web-socket' | 'tcp-line';

const kinds: Record<Kind, { name: string; transport: TransportName; asks: boolean; bringsMessage: boolean }> =
  {
    'empty-poll': {
      name: 'empty poll',
      transport: 'short-poll',
      asks: true,
      bringsMessage: false,
    },
    'poll-with-message': {
      name: 'poll with one message',
      transport: 'short-poll',
      asks: true,
      bringsMessage: true,
    },
    'event-stream': { name: 'SSE message', transport: 'sse', asks: false, bringsMessage: true },
    'web-socket': { name: 'WebSocket message', transport: 'push', asks: false, bringsMessage: true },
    'tcp-line': { name: 'bare TCP message', transport: 'tcp-push', asks: false, bringsMessage: true },
  };

const layers = { plain: 'plaintext', tls: 'TLS', http2: 'HTTP/2 over TLS' };

/** The overhead of a poll and of a message, then what the white paper made of them: the load of a crowd in Mbit/s. */
export function headerFigures(probes: readonly Probe[]): Figure[] {
  const rows = (Object.keys(kinds) as Kind[]).flatMap((kind) =>
    (Object.keys(layers) as Counted['over'][]).flatMap((over) => counted(probes, kind, over)),
  );
  if (rows.length === 0) return [];
  const poll = rows.find(({ kind, over }) => kind === 'empty-poll' && over === 'plain');
  const frame = rows.find(({ kind, over }) => kind === 'web-socket' && over === 'plain');
  return [overheadFigure(rows), ...(poll && frame ? [crowdFigure(poll, frame)] : [])];
}

function counted(probes: readonly Probe[], kind: Kind, over: Counted['over']): Counted[] {
  const values = probes.find(({ name }) => name === `${kind}/${over}`)?.values;
  if (!values) return [];
  const { upBytes = 0, downBytes = 0, messageBytes = 0 } = values;
  const carried = kinds[kind].bringsMessage ? messageBytes : 0;
  return [{ kind, over, upBytes, downBytes, messageBytes, overheadBytes: upBytes + downBytes - carried }];
}

function overheadFigure(all: readonly Counted[]): Figure {
  // A poll with a message has the headers of an empty one; it stands in the table only.
  const rows = all.filter(({ kind }) => kind !== 'poll-with-message');
  return {
    id: 'published-headers',
    title: 'Header overhead of a poll and of a message',
    notes: [
      `The published overhead is ${headerTable.pollHeaderBytes} bytes of headers per poll and ${headerTable.frameHeaderBytes} bytes per frame. In 2010, the poll of a browser carried cookies and a user agent. This lab’s client sends neither cookies nor a user agent. The model is ${shortFrameBytes} bytes for a short frame (RFC 6455 §5.2), and ${recordBytes} bytes more per TLS record (RFC 8446 §5.2). The other rows have no model.`,
    ],
    panels: [
      compare(
        {
          id: 'published-headers-overhead',
          title: 'Overhead: application bytes without the message itself',
          size: 'wide',
        },
        'Overhead (log scale)',
        { hollow: 'published', filled: 'measured', model: 'model' },
        rows.map((row) => ({
          name: `${kinds[row.kind].name}, ${layers[row.over]}`,
          transport: kinds[row.kind].transport,
          hollow: publishedBytes(row),
          filled: row.overheadBytes,
          model: modelBytes(row, all),
        })),
        (bytes) => `${whole(bytes)} B`,
      ),
    ],
    table: tableOf(
      {
        id: 'published-headers-table',
        caption: `A relay counted the application bytes. The IP bytes are calculated. They include ${segmentHeaderBytes} header bytes per segment and per separate acknowledgement.`,
      },
      all,
      [
        words('poll or message', ({ kind }) => kinds[kind].name),
        words('carried over', ({ over }) => layers[over]),
        numbers('client to server', 'B', ({ upBytes }) => upBytes),
        numbers('server to client', 'B', ({ downBytes }) => downBytes),
        {
          title: 'message',
          unit: 'B',
          numeric: true,
          cell: ({ kind, messageBytes }) =>
            kinds[kind].bringsMessage ? numberCell(messageBytes) : wordCell('none'),
        },
        numbers('overhead', 'B', ({ overheadBytes }) => overheadBytes),
        numbers('IP bytes', 'B', (row) => ipBytes(row).bytes),
        words('calculation of IP bytes', (row) => ipBytes(row).arithmetic),
      ],
    ),
    sources: [headerTable.source.full],
  };
}

function publishedBytes({ kind, over }: Counted): number | undefined {
  if (over !== 'plain') return undefined;
  if (kind === 'empty-poll') return headerTable.pollHeaderBytes;
  return kind === 'web-socket' ? headerTable.frameHeaderBytes : undefined;
}

function modelBytes({ kind, over }: Counted, all: readonly Counted[]): number | undefined {
  const plain = all.find((row) => row.kind === kind && row.over === 'plain');
  if (over === 'tls' && plain) return plain.overheadBytes + (kinds[kind].asks ? 2 : 1) * recordBytes;
  return over === 'plain' && kind === 'web-socket' ? shortFrameBytes : undefined;
}

/** The bytes of IP of one poll or message, with the sum written out. */
export function ipBytes({ kind, upBytes, downBytes }: Pick<Counted, 'kind' | 'upBytes' | 'downBytes'>): {
  bytes: number;
  arithmetic: string;
} {
  const { asks } = kinds[kind];
  const bytes = asks ? pollIpBytes(upBytes, downBytes) : pushedIpBytes(downBytes);
  const carried = asks ? upBytes + downBytes : downBytes;
  const headers = Math.round((bytes - carried) / segmentHeaderBytes);
  const parts = [
    asks ? threeDigits(upBytes) : '',
    threeDigits(downBytes),
    `${headers} × ${segmentHeaderBytes}`,
  ];
  return { bytes, arithmetic: parts.filter(Boolean).join(' + ') };
}

function crowdFigure(poll: Counted, frame: Counted): Figure {
  const [pollIp, frameIp] = [ipBytes(poll).bytes, ipBytes(frame).bytes];
  const { pollHeaderBytes, frameHeaderBytes, clients } = headerTable;
  const megabits = (title: string, bytes: number, per: 'poll' | 'frame'): ColumnOf<number> =>
    numbers(title, `${whole(bytes)} B per ${per}`, (count) => (bytes * 8 * count) / paperMegabit);
  return {
    id: 'published-megabits',
    title: 'Bandwidth of many clients: polls and frames',
    notes: [
      `A poll has ${threeDigits(poll.overheadBytes / frame.overheadBytes)} times the overhead of a frame here, and ${threeDigits(pollHeaderBytes / frameHeaderBytes)} times in the paper. In IP bytes the ratio is ${threeDigits(pollIp / frameIp)}: polls and frames both need segments and acknowledgements, and the frame includes its message.`,
    ],
    panels: [],
    table: tableOf(
      {
        id: 'published-megabits-table',
        caption:
          'Bandwidth in Mbit/s for 1 poll or 1 message per client per second. 1 Mbit is 1,048,576 bits, as in the paper.',
        staysOpen: true,
      },
      clients,
      [
        counts('clients', (count) => count),
        megabits('poll headers, published', pollHeaderBytes, 'poll'),
        megabits('poll headers, measured', poll.overheadBytes, 'poll'),
        megabits('polls, IP bytes', pollIp, 'poll'),
        megabits('frame headers, published', frameHeaderBytes, 'frame'),
        megabits('frame headers, measured', frame.overheadBytes, 'frame'),
        megabits('frames, IP bytes', frameIp, 'frame'),
      ],
    ),
    sources: [headerTable.source.full],
  };
}
