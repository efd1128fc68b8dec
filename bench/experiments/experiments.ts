import type { Experiment } from '../experiment.ts';
import { breakEven } from './break-even.ts';
import { broker } from './broker.ts';
import { chatRoom } from './chat-room.ts';
import { crowd } from './crowd.ts';
import { distance } from './distance.ts';
import { freshness } from './freshness.ts';
import { herd } from './herd.ts';
import { honest } from './honest.ts';
import { idleCost } from './idle-cost.ts';
import { lightClient } from './light-client.ts';
import { offline } from './offline.ts';
import { overwhelmed } from './overwhelmed.ts';
import { path } from './path.ts';
import { published } from './published.ts';

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
