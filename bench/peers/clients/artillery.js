import { EventEmitter } from 'node:events';
import { createRequire } from 'node:module';
import { openAll, stand } from './stand.js';

/** Artillery's engine for WebSockets: virtual users who wait for a message, and for the next one, as its scenarios say it. */
const [url, clients] = process.argv.slice(2);
const WebSocketEngine = createRequire(import.meta.url)('@artilleryio/int-core/lib/engine_ws.js');
let count = 0;

const events = new EventEmitter();
events.on('counter', (name, more) => {
  if (name === 'websocket.messages_received') count += more;
});
events.on('error', (error) => console.error(`artillery: ${error}`));

// A user waits so long for a message, in seconds, before it is an error.
const config = {
  target: `${url}/messages`,
  timeout: 3600,
  ws: { perMessageDeflate: false },
  processor: {
    entered({ vars }, _events, done) {
      vars.entered();
      done();
    },
  },
};
const waiting = { wait: { capture: { json: '$', as: 'message', strict: false } } };
// The place where the server stands is the first that a user hears.
const flow = [waiting, { function: 'entered' }, { loop: [waiting], count: 1e9 }];
const scenario = new WebSocketEngine({ config }).createScenario({ flow }, events);

function open() {
  return new Promise((entered) => {
    scenario({ vars: { entered } }, (error) =>
      console.error(`artillery: a user ended${error ? `: ${error}` : ''}`),
    );
  });
}

stand({ connect: () => openAll(Number(clients), open), count: () => count });
