import t from 'tap';
import { createWsTransport } from '../../server/transport/ws.ts';
import { transportContract } from '../contract/transport.ts';

transportContract(t, 'ws', (options) => createWsTransport(options));
