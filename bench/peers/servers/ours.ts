import { type ServerName, type ServerOptions, serversByName } from '../../../servers/serve.ts';
import { EmbeddedSource } from '../../../servers/source/embedded.ts';
import { standEndpoint } from './stand-endpoint.ts';

/** One of the lab's own servers: `ours.ts PORT NAME [FRAMEWORK]`. */
const [port = '0', name = 'push', framework = 'express'] = process.argv.slice(2);
const source = new EmbeddedSource();
const options = { framework: framework as ServerOptions['framework'] };
await standEndpoint(port, serversByName[name as ServerName](source, options), source);
