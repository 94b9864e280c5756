import t from 'tap';
import { createUwsTransport } from '../../server/transport/uws.ts';
import { transportContract } from '../contract/transport.ts';

transportContract(t, 'uws', (options) => createUwsTransport(options));
