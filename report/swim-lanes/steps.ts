import { listed, writeMs } from '../units.ts';
import { carrierOf, latencyMs, type Poll, type SwimLane, type SwimLanes } from './lanes.ts';
import { inShort, instant, messagesNamed, possessive, spokenNames } from './spoken.ts';

/** An event of a trace, in words. `lane` is the place of its lane; a scheduled message concerns all lanes. */
export type Step = { atMs: number; text: string; lane?: number; at: 'server' | 'client' };

/** All events in order of time. An event includes its immediate consequences. */
export function stepsOf(swim: SwimLanes): Step[] {
  const steps = [
    ...swim.messages.map((message) => dueStep(swim, message)),
    ...swim.lanes.flatMap((lane, place) => [
      ...(lane.polls.length === 0 ? pushSteps(lane) : pollSteps(lane)).map((step) => ({
        ...step,
        lane: place,
      })),
    ]),
  ];
  return steps
    .filter(({ atMs }) => atMs >= 0 && atMs <= swim.endMs)
    .sort((a, b) => a.atMs - b.atMs)
    .map((step) => ({ ...step, text: `At ${instant(step.atMs)} ${step.text}` }));
}

function dueStep({ lanes }: SwimLanes, { seq, dueMs }: SwimLanes['messages'][number]): Step {
  const namesOf = (some: readonly SwimLane[]) => listed(some.map(({ transport }) => spokenNames[transport]));
  const pushed = lanes.filter(({ polls }) => polls.length === 0);
  const polling = lanes.filter(({ polls }) => polls.length > 0);
  const pending = polling.filter((lane) => isPendingFor(lane, seq));
  const missing = polling.filter((lane) => !pending.includes(lane));
  const sentences = [
    `message ${seq} is scheduled.`,
    pushed.length > 0 &&
      `${capitalised(namesOf(pushed))} ${pushed.length === 1 ? 'sends' : 'send'} message ${seq} at once.`,
    pending.length > 0 &&
      `${capitalised(listed(pending.map(({ transport }) => possessive(transport))))} request is pending: the response carries message ${seq}.`,
    missing.length > 0 && `With ${namesOf(missing)}, message ${seq} waits: no request is at the server.`,
  ];
  return { atMs: dueMs, at: 'server', text: sentences.filter(Boolean).join(' ') };
}

/** Whether the poll that carried a message was pending when the servers received the message. */
function isPendingFor(lane: SwimLane, seq: number): boolean {
  const there = lane.messages.find((message) => message.seq === seq)?.atMs ?? 0;
  return (carrierOf(lane, seq)?.arrivedMs ?? Number.POSITIVE_INFINITY) <= there;
}

function pushSteps(lane: SwimLane): Step[] {
  return lane.messages.map(({ seq, handledMs }) => ({
    atMs: handledMs,
    at: 'client',
    text: `message ${seq} reaches the client with ${spokenNames[lane.transport]}: ${latenciesOf(lane, [seq])}.`,
  }));
}

function pollSteps(lane: SwimLane): Step[] {
  return lane.polls.flatMap((poll) => [
    ...sentStep(lane, poll),
    ...arrivedStep(lane, poll),
    ...releasedStep(lane, poll),
    ...receivedStep(lane, poll),
  ]);
}

/** A long poll sends its next request when it receives a response: that step includes this one. */
function sentStep({ transport, holdMs }: SwimLane, { sentMs }: Poll): Step[] {
  if (holdMs !== undefined) return [];
  return [{ atMs: sentMs, at: 'client', text: `${spokenNames[transport]} sends a request.` }];
}

function arrivedStep(lane: SwimLane, poll: Poll): Step[] {
  const { arrivedMs, seqs } = poll;
  if (arrivedMs === undefined) return [];
  const arrives = `${possessive(lane.transport)} request reaches the server`;
  const step = (text: string): Step[] => [{ atMs: arrivedMs, at: 'server', text: `${arrives}. ${text}` }];
  if (seqs.length > 0 && !seqs.some((seq) => isPendingFor(lane, seq)))
    return step(`The response carries ${messagesNamed(seqs)}.`);
  return step(
    lane.holdMs === undefined
      ? 'There is no new message: the response is empty.'
      : 'There is no new message: the request stays pending.',
  );
}

/** The long-poll timeout. A pending request that ends with a message is part of that message's step. */
function releasedStep({ transport, holdMs }: SwimLane, { answeredMs, seqs }: Poll): Step[] {
  if (holdMs === undefined || answeredMs === undefined || seqs.length > 0) return [];
  const text = `${possessive(transport)} request reaches its timeout of ${writeMs(holdMs)}: the response is empty.`;
  return [{ atMs: answeredMs, at: 'server', text }];
}

function receivedStep(lane: SwimLane, { receivedMs, seqs }: Poll): Step[] {
  if (receivedMs === undefined) return [];
  const whose = possessive(lane.transport);
  const again = lane.holdMs === undefined ? '' : ' The client sends the next request at once.';
  const text =
    seqs.length > 0
      ? `${whose} response with ${messagesNamed(seqs)} reaches the client: ${latenciesOf(lane, seqs)}.${again}`
      : `${whose} empty response reaches the client.${again}`;
  return [{ atMs: receivedMs, at: 'client', text }];
}

/** "latency 95 ms", "latencies 223 ms, 216 ms and 141 ms". */
function latenciesOf(lane: SwimLane, seqs: readonly number[]): string {
  const latencies = listed(seqs.map((seq) => inShort(latencyMs(lane, seq) ?? 0)));
  return `${seqs.length === 1 ? 'latency' : 'latencies'} ${latencies}`;
}

function capitalised(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
