/** What an event stream carries beside the scene, for those who ask for it (`?events=`). [SPEC: ES] */
export const streamTopics = [
  'presence',
  'selections',
  'cameras',
  'cursors',
  'typing',
  'scroll',
  'messages',
  'texts',
  'published',
] as const;

export type StreamTopic = (typeof streamTopics)[number];
