import type { Experiment } from '../experiment.ts';
import { crowd } from './crowd.ts';
import { freshness } from './freshness.ts';
import { idleCost } from './idle-cost.ts';
import { overwhelmed } from './overwhelmed.ts';

/** Every question that the lab asks, in the order in which it asks them. */
export const experiments: readonly Experiment[] = [freshness, idleCost, crowd, overwhelmed];
