import type { Experiment } from '../experiment.ts';
import { broker } from './broker.ts';
import { breakEven } from './cost/break-even.ts';
import { chatRoom } from './cost/chat-room.ts';
import { idleCost } from './cost/idle-cost.ts';
import { lightClient } from './cost/light-client.ts';
import { published } from './cost/published.ts';
import { herd } from './failure/herd.ts';
import { offline } from './failure/offline.ts';
import { overwhelmed } from './failure/overwhelmed.ts';
import { path } from './failure/path.ts';
import { honest } from './honest.ts';
import { crowd } from './real-time/crowd.ts';
import { distance } from './real-time/distance.ts';
import { freshness } from './real-time/freshness.ts';

/** Every question that the lab asks, in the order in which it asks them. */
export const experiments: readonly Experiment[] = [
  freshness,
  distance,
  idleCost,
  breakEven,
  lightClient,
  crowd,
  overwhelmed,
  offline,
  herd,
  path,
  chatRoom,
  broker,
  published,
  honest,
];
