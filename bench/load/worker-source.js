// Starts the worker from its source: a thread has to be told anew how to read TypeScript.
import { register } from 'tsx/esm/api';

register();
await import('./worker.ts');
