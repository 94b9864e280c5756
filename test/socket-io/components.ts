import { comeBack, type Person } from './stage.ts';

export function update(by: Person, componentId: string, n: number): Promise<unknown> {
  return by.ask('component:update', { componentId, updates: { n } });
}

/** The next updates, in their order. */
export async function updates(one: Person, count: number): Promise<string[]> {
  const heard: string[] = [];
  while (heard.length < count) {
    const { componentId, updates } = await one.next('component:updated');
    heard.push(`${componentId} ${updates.n}`);
  }
  return heard;
}

export function markOf({ socket }: Person): unknown {
  return (socket as unknown as { _lastOffset: unknown })._lastOffset;
}

/** Comes back as one whom nothing has reached of what came behind a mark. */
export function comeBackFrom(one: Person, mark: unknown): Promise<boolean> {
  Object.assign(one.socket, { _lastOffset: mark });
  return comeBack(one);
}
