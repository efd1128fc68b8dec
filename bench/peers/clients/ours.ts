import { clientsByName } from '../../../clients/clients.ts';
import { nodeOpeners } from '../../../clients/shared/openers-node.ts';
import type { TransportName } from '../../../clients/transports.ts';
import { nowMs } from '../../../servers/meter/clock.ts';
import { Recorder } from '../../harness/recorder.ts';
import { SimulatedClient } from '../../harness/simulated-client.ts';
import { openAll, stand } from './stand.js';

/** The lab's simulated clients with all that the harness has them do: cursor, ledger, books and recorded ages. */
const [url = '', clients = '1', transport = 'push', intervalMs = '0'] = process.argv.slice(2);
const recorder = new Recorder();
const originMs = nowMs();
const members = Array.from(
  { length: Number(clients) },
  () =>
    new SimulatedClient({
      // All in one phase, as the others ask.
      open: (after) =>
        clientsByName[transport as TransportName].open(
          { url, after, intervalMs: Number(intervalMs), phaseMs: 0, originMs, nowMs },
          nodeOpeners,
        ),
      handlingMs: 0,
      recorderAt: () => recorder,
    }),
);
let started = 0;

stand({
  connect: () => openAll(members.length, () => members[started++]?.start()),
  count: () =>
    members.reduce(
      (sum, member) => sum + (transport === 'push' ? member.delivered : member.count('requests')),
      0,
    ),
});
