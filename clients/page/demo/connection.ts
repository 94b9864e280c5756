import type { Client, Room, Status } from '../../client/index.ts';
import { Chart } from '../common/chart.ts';
import { part, say } from '../common/element.ts';
import { brief } from '../common/numbers.ts';
import type { World } from './world.ts';

const SAMPLE_MS = 500;

/** How the connection is doing, and two ways to harm it. */
export function showConnection({ client, room, line, announcer }: World): void {
  const chart = new Chart(['in', 'out'], 'Messages in and out in a second, over the last half minute');
  part('chart').append(chart.svg);
  const status = part('status');
  let isTriedAgain = false;
  /** Of what has ended: the first that was heard. */
  let why = '';

  const show = () => {
    const state = stateOf(client, room);
    status.dataset.status = line.isSlow && state === 'open' ? 'slow' : state;
    if (state !== 'connecting') isTriedAgain = state === 'waiting';
    // Told once, and not with each attempt.
    const told = state === 'connecting' && isTriedAgain ? 'waiting' : state;
    say(part('status-text'), textOf(told, line.isCut, line.isSlow, why));
    say(part('pending'), String(room.pending));
    say(part('version'), String(room.scene.version));
    const ms = client.status === 'open' ? client.roundTripMs : undefined;
    say(part('round-trip'), ms === undefined ? '–' : `${brief(ms)} ms`);
  };
  client.on('status', show);
  room.on('status', show);
  room.on('pending', show);
  room.scene.on('change', show);
  const tell = ({ message }: Error) => {
    if (stateOf(client, room) === 'closed') why ||= message;
    announcer.show(message, 'warning');
    show();
  };
  client.on('error', tell);
  // Whatever is asked of a room that has ended is answered with why.
  room.on('status', (status) => status === 'refused' && room.presence.update({}).catch(tell));
  client.on('lost', () => {
    if (stateOf(client, room) === 'closed') return;
    announcer.show('The connection is lost. What you do is kept and sent later.', 'warning');
  });

  let [received, sent] = [0, 0];
  setInterval(() => {
    const perSecond = 1000 / SAMPLE_MS;
    const [inward, outward] = [(line.received - received) * perSecond, (line.sent - sent) * perSecond];
    ({ received, sent } = line);
    chart.push(inward, outward);
    say(part('in'), brief(inward));
    say(part('out'), brief(outward));
    show();
  }, SAMPLE_MS);

  const cut = part('cut');
  cut.addEventListener('click', () => {
    if (line.isCut) line.mend();
    else line.cut();
    cut.setAttribute('aria-pressed', String(line.isCut));
    say(cut, line.isCut ? 'Mend the line' : 'Cut the line');
    if (!line.isCut) client.retryNow();
    announcer.say(line.isCut ? 'The line is cut.' : 'The line is mended.');
    show();
  });
  const slow = part('slow');
  slow.addEventListener('click', () => {
    line.isSlow = !line.isSlow;
    slow.setAttribute('aria-pressed', String(line.isSlow));
    show();
  });
  show();
}

function stateOf(client: Client, room: Room): Status {
  if (room.status === 'refused') return 'closed';
  return client.status === 'open' && room.status !== 'joined' ? 'connecting' : client.status;
}

function textOf(status: Status, isCut: boolean, isSlow: boolean, why: string): string {
  if (isCut && status !== 'closed') return 'Cut off; edits are kept';
  switch (status) {
    case 'open':
      return isSlow ? 'Connected, slowly' : 'Connected';
    case 'connecting':
      return 'Connecting';
    case 'waiting':
      return 'Reconnecting; edits are kept';
    case 'closed':
      return why === '' ? 'Ended' : `Ended: ${why}`;
  }
}
