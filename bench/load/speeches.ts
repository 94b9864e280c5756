import type { Speech } from './speech.ts';
import { nativeBatch, nativeSingle } from './speeches/native.ts';
import { plain } from './speeches/plain.ts';
import { socketIo } from './speeches/socket-io.ts';

export const speeches = {
  'native single': nativeSingle,
  'native batch': nativeBatch,
  'socket.io': socketIo,
  plain,
} satisfies Record<string, Speech>;

export type SpeechName = keyof typeof speeches;
