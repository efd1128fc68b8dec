import { addressesOf, type BrokerAddresses } from './addresses.ts';
import { BrokerBench } from './broker-bench.ts';
import { type BrokerNode, startBrokerNode } from './node.ts';

/** About how long a node of our own takes to start, on two cores. */
export const startMs = 14_000;

/**
 * The RabbitMQ of a run: one that is there already, or one of our own, which is started when it is first
 * needed and ended right afterwards, so that it takes nothing from the other experiments.
 */
export class Rabbit {
  readonly startsOwn: boolean;
  #addresses: BrokerAddresses | undefined;
  #node: BrokerNode | undefined;
  #bench: BrokerBench | undefined;

  /** Takes `start`, or the URL of one that runs. Throws an `Error` that says what was expected. */
  constructor(wanted: string) {
    this.startsOwn = wanted === 'start';
    if (!this.startsOwn) this.#addresses = addressesOf(wanted);
  }

  /** Starts the node, if it is to be one of our own. Rejects with RabbitMQ's words when it does not start, and when `signal` aborts. */
  async open(signal?: AbortSignal): Promise<void> {
    if (this.#addresses) return;
    this.#node = await startBrokerNode({ signal });
    this.#addresses = this.#node.addresses;
  }

  /** What is wrong with it and what to do, in one line; `undefined` when it can be used. */
  async problem(): Promise<string | undefined> {
    if (this.#node?.hasEnded)
      return 'the RabbitMQ that this run started has ended: check the free memory of this machine';
    // A large library, which the coordinator of a run without a broker has no use for.
    const { brokerProblem } = await import('./check.ts');
    return brokerProblem(this.#addresses as BrokerAddresses);
  }

  /** The processes that publish and consume, once they have run their code. */
  async bench(): Promise<BrokerBench> {
    if (this.#bench) return this.#bench;
    this.#bench = new BrokerBench(this.#addresses as BrokerAddresses);
    await this.#bench.warmUp();
    return this.#bench;
  }

  /** Ends those processes. */
  kill(): void {
    this.#bench?.kill();
    this.#bench = undefined;
  }

  /** Ends those processes, and the node if it is our own. */
  async close(): Promise<void> {
    this.kill();
    const node = this.#node;
    if (!node) return;
    this.#node = undefined;
    this.#addresses = undefined;
    await node.stop();
  }
}
