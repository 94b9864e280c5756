import type { World } from './world.ts';

/** Many come at once when a server is back: they are told together, and who was away for a moment is not told. */
const GATHER_MS = 1500;
const MOST_NAMES = 3;

/** Says who has come, and who has left. */
export function tellComings({ room, people, announcer }: World): void {
  let told: ReadonlySet<string> | undefined;
  let isGathering = false;
  const present = () => new Set(people.all.map(({ userId }) => userId));

  const say = (userIds: readonly string[], what: 'come' | 'left') => {
    if (userIds.length === 0) return;
    const who =
      userIds.length > MOST_NAMES
        ? `${userIds.length} people`
        : new Intl.ListFormat('en').format(userIds.map((userId) => people.nameOf(userId)));
    announcer.say(`${who} ${userIds.length === 1 ? 'has' : 'have'} ${what}.`);
  };
  const tell = () => {
    isGathering = false;
    if (told === undefined || room.status !== 'joined') return;
    const [before, now] = [told, present()];
    told = now;
    say(
      [...now].filter((userId) => !before.has(userId)),
      'come',
    );
    say(
      [...before].filter((userId) => !now.has(userId)),
      'left',
    );
  };
  room.presence.on('change', () => {
    told ??= present();
    if (isGathering) return;
    isGathering = true;
    setTimeout(tell, GATHER_MS);
  });
}
