import { listed, writeMs } from '../units.ts';
import { ageMs, carrierOf, type Poll, type SwimLane, type SwimLanes } from './lanes.ts';
import { age, instant, messagesNamed, possessive, spokenNames } from './spoken.ts';

/** Something that happens in a trace, in words. `lane` is the place of its lane; what is due is due in all of them. */
export type Step = { atMs: number; text: string; lane?: number; at: 'server' | 'client' };

/** All that happens, in the order in which it happens. What one thing causes at once is told with it. */
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
  const asking = lanes.filter(({ polls }) => polls.length > 0);
  const parked = asking.filter((lane) => isParkedFor(lane, seq));
  const missing = asking.filter((lane) => !parked.includes(lane));
  const sentences = [
    `message ${seq} is due.`,
    pushed.length > 0 &&
      `${capitalised(namesOf(pushed))} ${pushed.length === 1 ? 'sends' : 'send'} it at once.`,
    parked.length > 0 &&
      `${capitalised(listed(parked.map(({ transport }) => possessive(transport))))} request is there, and is answered with it.`,
    missing.length > 0 && `With ${namesOf(missing)} it has to wait: no request is there.`,
  ];
  return { atMs: dueMs, at: 'server', text: sentences.filter(Boolean).join(' ') };
}

/** Whether the poll that took a message was held when the servers got it. */
function isParkedFor(lane: SwimLane, seq: number): boolean {
  const there = lane.messages.find((message) => message.seq === seq)?.atMs ?? 0;
  return (carrierOf(lane, seq)?.arrivedMs ?? Number.POSITIVE_INFINITY) <= there;
}

function pushSteps(lane: SwimLane): Step[] {
  return lane.messages.map(({ seq, handledMs }) => ({
    atMs: handledMs,
    at: 'client',
    text: `message ${seq} reaches the client by ${spokenNames[lane.transport]}: ${agesOf(lane, [seq])} old.`,
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

/** A client that waits in the server asks when it has been answered, and that is told there. */
function sentStep({ transport, holdMs }: SwimLane, { sentMs }: Poll): Step[] {
  if (holdMs !== undefined) return [];
  return [{ atMs: sentMs, at: 'client', text: `${spokenNames[transport]} asks.` }];
}

function arrivedStep(lane: SwimLane, poll: Poll): Step[] {
  const { arrivedMs, seqs } = poll;
  if (arrivedMs === undefined) return [];
  const arrives = `${possessive(lane.transport)} request reaches the server`;
  const step = (text: string): Step[] => [{ atMs: arrivedMs, at: 'server', text: `${arrives}. ${text}` }];
  if (seqs.length > 0 && !seqs.some((seq) => isParkedFor(lane, seq)))
    return step(
      `${capitalised(messagesNamed(seqs))} waited for it, and ${seqs.length === 1 ? 'leaves' : 'leave'} in the answer.`,
    );
  return step(
    lane.holdMs === undefined
      ? 'There is nothing new: the answer is empty.'
      : 'There is nothing new: it is held.',
  );
}

/** The hold ran out. What ends a hold with a message is told when the message is due. */
function releasedStep({ transport, holdMs }: SwimLane, { answeredMs, seqs }: Poll): Step[] {
  if (holdMs === undefined || answeredMs === undefined || seqs.length > 0) return [];
  const text = `${possessive(transport)} request has been held for ${writeMs(holdMs)} without news: the answer is empty.`;
  return [{ atMs: answeredMs, at: 'server', text }];
}

function receivedStep(lane: SwimLane, { receivedMs, seqs }: Poll): Step[] {
  if (receivedMs === undefined) return [];
  const whose = possessive(lane.transport);
  const again = lane.holdMs === undefined ? '' : ' It asks again at once.';
  const text =
    seqs.length > 0
      ? `${whose} answer with ${messagesNamed(seqs)} reaches the client: ${agesOf(lane, seqs)} old.${again}`
      : `${whose} empty answer reaches the client.${again}`;
  return [{ atMs: receivedMs, at: 'client', text }];
}

/** "95 ms", "223 ms, 216 ms and 141 ms". */
function agesOf(lane: SwimLane, seqs: readonly number[]): string {
  return listed(seqs.map((seq) => age(ageMs(lane, seq) ?? 0)));
}

function capitalised(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
