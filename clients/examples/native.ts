// Two people in one room with Tandem's own client: presence, locks, cameras, a scene with undo, a text, chat.
// Run `npm start`, then in another terminal: npx tsx clients/examples/native.ts ws://127.0.0.1:3001/ws
import { WebSocket } from 'ws';
// In an application: 'tandem/client' and 'tandem/client/text'.
import { connect, TandemError } from '../client/index.ts';
import { text } from '../client/text/index.ts';

const [url = 'ws://127.0.0.1:3001/ws'] = process.argv.slice(2);

/** Node has a WebSocket of its own from version 22 on. */
const open = () => connect(url, { WebSocket, text });
const [adasClient, bensClient] = [open(), open()];
const roomId = `planets-${Date.now()}`;
const ada = adasClient.join(roomId, { user: { userId: 'ada', name: 'Ada', color: 'teal' } });
const ben = bensClient.join(roomId, { user: { userId: 'ben', name: 'Ben', color: 'coral' } });

/** Resolves when it is so; what changes is told by events. */
function until(on: (look: () => void) => () => void, isSo: () => boolean): Promise<void> {
  return new Promise((resolve) => {
    const look = () => {
      if (isSo()) resolve();
      return isSo();
    };
    if (look()) return;
    const end = on(() => look() && end());
  });
}

await Promise.all([ada.joined, ben.joined]);
await until(
  (look) => ada.presence.on('change', look),
  () => ada.presence.others.length === 1,
);
console.log(`Ada sees ${ada.presence.others.map(({ name }) => name)}.`);

await ada.scene.add('mars', { color: 'red', transform: { position: { x: 1, y: 0, z: 0 } } });
await until(
  (look) => ben.scene.on('change', look),
  () => ben.scene.items.has('mars'),
);
console.log(`Ben sees mars, ${ben.scene.items.get('mars')?.color}.`);

await ada.selection.select('mars');
const refused = await ben.scene.update('mars', { color: 'blue' }).catch((error: TandemError) => error);
if (refused instanceof TandemError) {
  console.log(`Ben may not paint mars: ${refused.code}, ${refused.details.lockedBy} holds the lock.`);
}
await ada.selection.unselect('mars');
await ben.scene.update('mars', { color: 'blue' });
console.log(`Ben paints mars ${ben.scene.items.get('mars')?.color}.`);
await ben.scene.undo();
console.log(`Ben takes that back, and mars is ${ben.scene.items.get('mars')?.color}.`);

await Promise.all([ada.cameras.view('mars'), ben.cameras.view('mars')]);
const camera = new Promise<string>((resolve) => {
  ben.cameras.on('change', ({ userId, camera }) =>
    resolve(`${userId} at ${JSON.stringify(camera.position)}`),
  );
});
ada.cameras.move('mars', { position: [0, 2, 5] });
console.log(`Ben sees the camera of ${await camera}.`);

const [adasNotes, bensNotes] = [ada.text('notes'), ben.text('notes')];
const inBens = (words: string) =>
  until(
    (look) => bensNotes.on('change', look),
    () => bensNotes.value.includes(words),
  );
adasNotes.insert(0, 'Mars needs water');
await inBens('water');
adasNotes.insert(0, 'Tonight: ');
bensNotes.insert(bensNotes.value.length, '!');
await inBens('Tonight');
console.log(`They write at once: ${bensNotes.value}`);

await ada.chat.send('Good night');
adasClient.close();
bensClient.close();
console.log('Both have left.');
