/** What can be declared critical: commands, or scene operations of a type in whatever command. */
export const criticalNames = [
  'sceneOperation',
  'relay',
  'message',
  'operation',
  'add',
  'update',
  'remove',
] as const;
export type CriticalName = (typeof criticalNames)[number];
