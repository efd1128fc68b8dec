import { transportLooks } from '../transports.ts';
import { requestsCalled } from './choices.ts';
import { type Compared, isPolling, type Lane } from './lane.ts';
import { counted, nothing, writeAge, writeBytes, writeCount, writeRatio, writeTime } from './numbers.ts';
import type { Projector } from './projector.ts';
import type { LaneName } from './protocol.ts';
import { Sign } from './sign.tsx';

type LanesProps = {
  projector: Projector;
  spanMs: number;
  /** How far the pictures are behind, in milliseconds. */
  lagMs: number;
  selected: LaneName;
  onSelect(name: LaneName): void;
  /** Something else is shown in their place. */
  isHidden: boolean;
};

/** The four lanes, one per row: a picture and a column for each figure. */
export function Lanes({ projector, spanMs, lagMs, selected, onSelect, isHidden }: LanesProps) {
  return (
    <table class="lanes" hidden={isHidden}>
      <caption class="unseen">Messages that each of the four clients has received</caption>
      <thead>
        <tr>
          <th scope="col" class="lane-name">
            received / sent
          </th>
          <th scope="col" class="lane-picture">
            <span class="axis">
              <span>{writeTime(spanMs + lagMs)} ago</span>
              <span>{lagMs > 0 ? `${writeTime(lagMs)} ago` : 'now'}</span>
            </span>
          </th>
          <Head first="staleness" second="now" />
          <Head first="latency" second="p50, p95" />
          <Head first="requests" second="per message" />
          <Head first="bytes" second="per message" />
          <Head first="queued:" second="page / server" />
          <Head first="messages" second="lost" />
        </tr>
      </thead>
      <tbody>
        {[...projector.lanes.values()].map((lane) => (
          <LaneRow
            key={lane.name}
            lane={lane}
            projector={projector}
            isSelected={lane.name === selected}
            onSelect={() => onSelect(lane.name)}
          />
        ))}
      </tbody>
    </table>
  );
}

function Head({ first, second }: { first: string; second: string }) {
  return (
    <th scope="col">
      {first}
      <br />
      {second}
    </th>
  );
}

type LaneRowProps = { lane: Lane; projector: Projector; isSelected: boolean; onSelect(): void };

function LaneRow({ lane, projector, isSelected, onSelect }: LaneRowProps) {
  const { name, figures } = lane;
  const { label } = transportLooks[name];
  const { nowMs, published, state, session } = projector;
  const { uncertaintyMs } = session.clock;
  const isOffline = state?.settings.offline.includes(name) ?? false;
  const behind = published.head - lane.seq + figures.inboxMessages;
  const perMessage = (value: number) => (figures.messages > 0 ? value / figures.messages : null);
  const bytes = perMessage(figures.bytes);
  return (
    <tr class={`lane of-${name}${isSelected ? ' lane-selected' : ''}`} data-lane={name}>
      <th scope="row" class="lane-name">
        <button type="button" class="lane-label" aria-pressed={isSelected} onClick={onSelect}>
          <Sign name={name} />
          {label}
        </button>
        <ComparedCounts compared={lane.compared} name={name} />
        <button
          type="button"
          class="reach"
          aria-pressed={isOffline}
          onClick={() => {
            onSelect();
            void projector.control({ action: 'offline', lane: name, isOffline: !isOffline });
          }}
        >
          {isOffline ? 'reconnect' : 'go offline'}
          {isSelected && <kbd>o</kbd>}
        </button>
      </th>
      <td class="lane-picture">
        <canvas
          data-picture={name}
          role="img"
          aria-label={`${label}: ${counted(figures.messages, 'message')}, median latency ${writeAge(figures.p50Ms, uncertaintyMs)}`}
        />
      </td>
      <Figure
        id="behind"
        value={lane.behindMs(nowMs)}
        main={writeTime(lane.behindMs(nowMs))}
        more={behind > 0 ? `${writeCount(behind)} behind` : 'up to date'}
      />
      <Figure
        id="age"
        value={figures.p50Ms}
        main={writeAge(figures.p50Ms, uncertaintyMs)}
        more={writeAge(figures.p95Ms, uncertaintyMs)}
      />
      <Figure
        id="requests"
        value={perMessage(figures.requests)}
        main={writeRatio(perMessage(figures.requests))}
        more={isPolling(name) ? `${writeCount(figures.empty)} empty` : 'no polls'}
      />
      <Figure
        id="bytes"
        value={bytes}
        main={bytes === null ? nothing : writeBytes(bytes)}
        more={`${writeBytes(figures.bytes)} total`}
      />
      <Figure
        id="waiting"
        value={figures.inboxMessages}
        moreValue={figures.backlogBytes}
        main={writeCount(figures.inboxMessages)}
        more={writeBytes(figures.backlogBytes)}
      />
      <Figure
        id="missed"
        value={figures.missed}
        main={writeCount(figures.missed)}
        more={counted(figures.reconnects, 'reconnect')}
      />
    </tr>
  );
}

type FigureProps = { id: string; value: number | null; moreValue?: number; main: string; more: string };

/** A figure in words with another below it, and both as data. */
function Figure({ id, value, moreValue, main, more }: FigureProps) {
  return (
    <td class="figure" data-figure={id} data-value={value} data-more={moreValue}>
      <b>{main}</b>
      <span>{more}</span>
    </td>
  );
}

/** The counts of page and server since the clients began. They differ while messages are in transit. */
function ComparedCounts({ compared, name }: { compared: Compared | undefined; name: LaneName }) {
  const rows: [keyof Compared, string][] = [
    ['messages', 'messages'],
    ['requests', requestsCalled[name]],
    ...(isPolling(name) ? [['empty', 'empty'] as [keyof Compared, string]] : []),
  ];
  return (
    <span class="compared">
      {rows.map(([count, called]) => {
        const { page, server } = compared?.[count] ?? { page: 0, server: 0 };
        return (
          <span key={count} data-compared={count} data-page={page} data-server={server}>
            <span>{called}</span>
            <span>{writeCount(page)}</span>
            <span class={page === server ? 'equal' : ''}>{page === server ? '=' : '·'}</span>
            <span>{writeCount(server)}</span>
          </span>
        );
      })}
    </span>
  );
}
