import { randomLcg } from 'd3-random';
import { type Handlers, serveCalls } from './child.ts';
import { Link } from './link.ts';

/** The distance of a trial, in a process of its own so that its work is nobody else's. */
let link: Link | undefined;

/** Opens a way to each port. Returns the ports of the near ends. */
async function open(way: {
  ports: number[];
  /** The address of this machine at which the ports are. Default 127.0.0.1. */
  farHost?: string;
  oneWayMs: number;
  jitterMs: number;
  seed: number;
}): Promise<number[]> {
  const opened = new Link({ ...way, random: randomLcg(way.seed) });
  link = opened;
  return Promise.all(way.ports.map((port) => opened.open(port, undefined, way.farHost)));
}

async function close(): Promise<void> {
  await link?.close();
  link = undefined;
}

const handlers = { open, close } satisfies Handlers;

export type LinkHandlers = typeof handlers;

serveCalls(handlers);
