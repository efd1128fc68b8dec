import { randomLcg } from 'd3-random';
import { type Handlers, serveCalls } from './child.ts';
import { Relay } from './relay.ts';

/** The one-way delay of a trial, in a process of its own, so that its CPU counts for nobody else. */
let relay: Relay | undefined;

type Delay = { oneWayMs: number; jitterMs?: number; seed?: number };

/** Relays to each port. Returns the ports of the near ends. */
async function open({ ports, ...delay }: Delay & { ports: number[] }): Promise<number[]> {
  const opened = begin(delay);
  return Promise.all(ports.map((port) => opened.open(port)));
}

/** Relays to the server at each URL. Returns the URLs of the near ends. */
async function openUrls({ urls, ...delay }: Delay & { urls: string[] }): Promise<string[]> {
  const opened = begin(delay);
  return Promise.all(urls.map((url) => opened.openUrl(url)));
}

function begin({ seed = 0, ...delay }: Delay): Relay {
  relay = new Relay({ ...delay, random: randomLcg(seed) });
  return relay;
}

async function close(): Promise<void> {
  await relay?.close();
  relay = undefined;
}

const handlers = { open, openUrls, close } satisfies Handlers;

export type LinkHandlers = typeof handlers;

serveCalls(handlers);
