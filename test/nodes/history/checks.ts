import type { LogTells } from './log-tells.ts';
import type { NativeClient } from './native-client.ts';
import type { RoomClient } from './room-client.ts';
import type { SceneClient } from './scene-client.ts';
import { canonical, type Seen } from './seen.ts';

/** Refusals that may come from a node without the log: nothing else that is no ack is known but by the log. */
const WITHOUT_LOG = new Set(['LOG_UNAVAILABLE', 'OUTCOME_UNKNOWN', 'NOT_JOINED']);

/** What a client was shown that the log does not say. */
export function faultsIn(seen: Seen, roomId: string, log: LogTells): string[] {
  const faults = [...seen.faults];
  const fault = (what: string) => faults.push(`${seen.client} in ${roomId}: ${what}`);
  for (const [version, digest] of seen.scenes)
    if (log.scenes.get(version) !== digest) fault(`[SC2] [DU2] had another scene at version ${version}`);
  for (const [at, text] of seen.texts)
    if (log.texts.get(at) !== text)
      fault(`[TX2] had another text ${at}: ${text} and not ${log.texts.get(at)}`);
  for (const { ref, opId, answer } of seen.answers) {
    const told = canonical(answer);
    const logged = ref === '' ? undefined : log.answers.get(`${seen.userId} ${ref}`);
    if (answer.code === 'LOG_UNAVAILABLE' && logged !== undefined)
      fault(`[ER5] ${ref} was refused with LOG_UNAVAILABLE, and stands in the log`);
    if (answer.type === 'ack' && opId !== undefined) {
      const first = log.accepted.get(`${roomId} ${seen.userId} ${opId}`) as { version?: number } | undefined;
      if (first === undefined) fault(`[DU1] ${opId} was acknowledged, and is not there`);
      else if (answer.version !== undefined && answer.version !== first.version)
        fault(`[XO1] ${opId} was acknowledged at ${answer.version}, and stands at ${first.version}`);
    }
    if (ref === '' || (answer.code !== undefined && WITHOUT_LOG.has(answer.code))) continue;
    if (!logged?.includes(told)) fault(`${ref} ${opId} was answered ${told}; by the log ${logged}`);
  }
  faults.push(
    ...outOfOrder(`${seen.client} in ${roomId}: [SL1] selections`, seen.selections, log.selections),
  );
  faults.push(...outOfOrder(`${seen.client} in ${roomId}: [PR1] presence`, seen.presences, log.presences));
  return faults;
}

/** Each state that was told is one of the log, and a later one than that before. */
function outOfOrder(what: string, told: readonly string[], log: readonly string[]): string[] {
  let at = 0;
  for (const [index, one] of told.entries()) {
    const found = log.indexOf(one, at);
    if (found < 0) {
      const before = log.indexOf(one);
      const where =
        before < 0 ? 'the log never had it' : `the log had it at ${before}, before ${at} of ${log.length}`;
      return [`${what} ${index} of ${told.length}: ${one}: ${where}`];
    }
    at = found;
  }
  return [];
}

/** What a client knows in the end otherwise than the log has it. */
export function endOf(client: NativeClient, roomId: string, log: LogTells): string[] {
  const room = client.rooms.get(roomId);
  const { scene, texts, messages, members } = log.state;
  const faults = [...(room?.faults ?? [])];
  const same = (what: string, one: unknown, other: unknown) => {
    if (canonical(one) !== canonical(other))
      faults.push(`${what}: ${canonical(one)} and not ${canonical(other)}`);
  };
  same('version', room?.version, scene.version);
  const known = [...(room?.texts ?? [])].filter(([, text]) => text.version > 0);
  same(
    'texts',
    Object.fromEntries(known.map(([id, { version, text }]) => [id, { version, text }])),
    Object.fromEntries([...texts].map(([id, { version, text }]) => [id, { version, text }])),
  );
  same(
    'messages',
    room?.messages.map(({ id }) => id),
    messages.map(({ id }) => id),
  );
  same('users', room?.users, [...members.keys()].sort());
  const selected = [...log.state.selections].map(([thing, line]) => [
    thing,
    line.map(({ userId }) => userId),
  ]);
  same('selected', room?.selected, Object.fromEntries(selected));
  return faults.map((fault) => `${client.name} in ${roomId}: ${fault}`);
}

export function sceneFaultsIn({ seen, version, roomId }: SceneClient, log: LogTells): string[] {
  const { version: last } = log.state.scene;
  const end = version === last ? [] : [`${seen.client} ends at version ${version} of ${last}`];
  return [...faultsIn(seen, roomId, log), ...end];
}

/** What was said and heard over a vocabulary without opIds. */
export function talkFaultsIn(client: RoomClient, log: LogTells): string[] {
  const faults = [...client.faults];
  const fault = (what: string) => faults.push(`${client.name}: ${what}`);
  const counts = new Map<string, number>();
  for (const { text } of log.state.messages) counts.set(text, (counts.get(text) ?? 0) + 1);
  for (const words of client.said)
    if (counts.get(words) !== 1)
      fault(`[DU1] ${words} was acknowledged, and is there ${counts.get(words) ?? 0} times`);
  for (const words of client.perhaps)
    if ((counts.get(words) ?? 0) > 1)
      fault(`${words} was sent once, and is there ${counts.get(words)} times`);
  let last = -1;
  for (const stretch of client.stretches) {
    const from = log.talk.indexOf(stretch[0] ?? '', 0);
    if (stretch.length === 0) continue;
    const due = log.talk.slice(from, from + stretch.length);
    if (from <= last || canonical(due) !== canonical(stretch))
      fault(`[SO14] heard ${firstDifference(stretch, due)}, after ${last} at ${from}`);
    last = from + stretch.length - 1;
  }
  if (last !== log.talk.length - 1 && (client.stretches.at(-1)?.length ?? 0) > 0)
    fault(`heard up to ${last} of ${log.talk.length - 1}`);
  return faults;
}

function firstDifference(heard: readonly string[], due: readonly string[]): string {
  const at = heard.findIndex((one, index) => one !== due[index]);
  return `${heard[at]} instead of ${due[at]} at ${at} of ${heard.length}`;
}
