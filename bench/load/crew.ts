import { setTimeout as passed } from 'node:timers/promises';
import { marksOf, numberAt, startsWith } from './marks.ts';
import { inTurns } from './pace.ts';
import type { Person, Speech } from './speech.ts';
import { type SpeechName, speeches } from './speeches.ts';
import { emptyTally, type Tally } from './tally.ts';
import { placeOf, Wire } from './wire.ts';

export interface Target {
  host: string;
  /** Of the nodes, most often one. */
  ports: readonly number[];
  secure: boolean;
}

export interface Muster {
  target: Target;
  speech: SpeechName;
  people: Person[];
  /** How many may be on their way in at once. */
  atOnce: number;
  /** Whether those are done with that have a connection, and have not asked for a room. */
  onlyConnect?: boolean;
}

/** Where more deliveries than these are due in a second, one frame in so many is looked into for its age. */
const MANY = 10_000;
const SAMPLED = 16;
/** Whatever the protocol, it stands in what refuses a command, and in nothing else. */
const REFUSED = Buffer.from('"ok":false');

interface Member {
  person: Person;
  wire: Wire;
  isIn: boolean;
  hasItem: boolean;
  since: string | undefined;
}

/** Clients in rooms, in one thread. */
export class Crew {
  readonly #members: Member[] = [];
  #muster: Muster | undefined;
  #speech: Speech = speeches.plain;
  #marks = marksOf(speeches.plain);
  #tally = emptyTally();
  #frames = 0;
  #sampled = 1;
  #since = performance.eventLoopUtilization();
  #stop = () => {};
  #isFinishing = false;

  /** Resolves when all are in their rooms. */
  async open(muster: Muster): Promise<void> {
    this.#muster = muster;
    this.#speech = speeches[muster.speech] as Speech;
    this.#marks = marksOf(this.#speech);
    await this.#enterAll(muster.people.map((person) => ({ person, since: undefined })));
  }

  /** Cuts all connections, and has everybody come back to where they were. */
  async comeBack(): Promise<void> {
    const back = this.#members.splice(0).map(({ person, wire, since }) => {
      wire.cut();
      return { person, since };
    });
    await this.#enterAll(back);
  }

  /** Everybody goes on so many times a second. */
  work(kind: 'move' | 'edit', perSecond: number): void {
    this.#isFinishing = false;
    const count = this.#members.length;
    const rooms = new Set(this.#members.map(({ person }) => person.roomId)).size;
    this.#sampled = count * perSecond * (count / rooms - 1) > MANY ? SAMPLED : 1;
    if (kind === 'edit') for (const member of this.#members) this.#addOwn(member);
    const texts = this.#members.map(({ person }) => this.#stamped(kind, person, false));
    this.#stop = inTurns(count, perSecond, (index) => this.#say(index, texts[index] ?? []));
  }

  /** One adds so many items to its room, a hundred at once; resolves when it has heard that they are there. */
  async furnish(items: number): Promise<void> {
    const [first] = this.#members;
    if (first === undefined) return;
    const { person, wire } = first;
    for (let item = 0; item < items; item++) {
      wire.send(this.#speech.add?.(person, `item${item}`) ?? '');
      if (item % 100 === 99) await passed(5);
    }
    this.#addOwn(first);
    const before = this.#tally.acknowledged;
    this.#say(0, this.#stamped('edit', person, false));
    while (this.#tally.acknowledged === before) {
      const { lost, refused } = this.#tally;
      if (lost.length > 0) throw new Error(`${person.userId} was cut off: ${lost[0]}`);
      if (refused > 0) throw new Error(`${person.userId} was refused ${refused} times`);
      await passed(5);
    }
  }

  /** Everybody stops, and says where they are at last. */
  finish(kind: 'move' | 'edit'): void {
    this.#stop();
    this.#isFinishing = true;
    for (const [index, { person }] of this.#members.entries())
      this.#say(index, this.#stamped(kind, person, true));
  }

  /** What was counted since the last call. */
  take(): Tally {
    const tally = this.#tally;
    this.#tally = emptyTally();
    this.#tally.lost = tally.lost;
    tally.busy = performance.eventLoopUtilization(this.#since).utilization;
    this.#since = performance.eventLoopUtilization();
    return tally;
  }

  /** Everybody leaves: who is only gone keeps a place, where the next ones may find no room. */
  async end(): Promise<void> {
    this.#stop();
    await Promise.all(this.#members.splice(0).map(({ wire }) => wire.leave()));
  }

  #addOwn(member: Member): void {
    const { person, wire, hasItem } = member;
    if (!hasItem) wire.send(this.#speech.add?.(person, person.userId) ?? '');
    member.hasItem = true;
  }

  #stamped(kind: 'move' | 'edit', person: Person, isLast: boolean) {
    return this.#speech[kind]?.(person, isLast) ?? [];
  }

  #say(index: number, pieces: readonly string[]): void {
    const wire = this.#members[index]?.wire;
    if (wire === undefined || wire.hasEnded) return;
    this.#tally.sent += 1;
    wire.send(pieces.join(now().toString()));
  }

  async #enterAll(people: readonly { person: Person; since: string | undefined }[]): Promise<void> {
    const { atOnce = 1 } = this.#muster ?? {};
    const waiting = people.values();
    const enterOne = async () => {
      for (const { person, since } of waiting) await this.#enter(person, since);
    };
    await Promise.all(Array.from({ length: atOnce }, enterOne));
  }

  #enter(person: Person, since: string | undefined): Promise<void> {
    const { target, onlyConnect } = this.#muster as Muster;
    const speech = this.#speech;
    const begun = now();
    return new Promise((resolve, reject) => {
      const dialogue =
        since === undefined || speech.resume === undefined
          ? speech.enter(person)
          : speech.resume(person, since);
      const index = this.#members.length;
      const entered = () => {
        member.isIn = true;
        this.#tally.entering.record(Math.max(1, now() - begun));
        resolve();
      };
      const wire = new Wire({
        host: target.host,
        port: target.ports[person.node ?? 0] as number,
        secure: target.secure,
        path: speech.path(person),
        protocol: speech.protocol,
        headers: speech.headers?.(person) ?? {},
        localAddress: target.host === '127.0.0.1' ? placeOf(index) : undefined,
        opened: () => {
          if (onlyConnect && speech.ping === undefined) return entered();
          if (dialogue.opening !== undefined) wire.send(dialogue.opening);
          else if (speech.ping === undefined) entered();
        },
        received: (bytes, start, end) => {
          if (member.isIn) return this.#received(member, bytes, start, end);
          this.#lookForScene(bytes, start, end);
          const text = bytes.toString('utf8', start, end);
          member.since = speech.standing?.(text) ?? member.since;
          const next = dialogue.heard(text);
          if (next === undefined) return;
          if (next === 'entered') return entered();
          if ('refused' in next) {
            wire.cut();
            return reject(new Error(`${person.userId} was not let in: ${next.refused}`));
          }
          wire.send(next.say);
          if (onlyConnect) entered();
        },
        closed: (why) => {
          this.#tally.lost.push(String(why));
          reject(new Error(`${person.userId} was not let in: ${why}`));
        },
      });
      const member: Member = { person, wire, isIn: false, hasItem: false, since: undefined };
      this.#members.push(member);
    });
  }

  #lookForScene(bytes: Buffer, start: number, end: number): void {
    const { scene } = this.#marks;
    if (scene === undefined || !startsWith(bytes, start, scene)) return;
    this.#tally.scenes += 1;
    this.#tally.sceneBytes += end - start;
  }

  #received(member: Member, bytes: Buffer, start: number, end: number): void {
    const tally = this.#tally;
    const { stamp, last, acknowledged, atStart, ping } = this.#marks;
    if (ping !== undefined && end - start === ping.length && startsWith(bytes, start, ping)) {
      member.wire.send(this.#speech.ping?.[1] ?? '');
      return;
    }
    tally.bytes += end - start;
    const frame = bytes.subarray(start, end);
    let isKnown = false;
    if (acknowledged !== undefined) {
      const at = atStart ? (startsWith(bytes, start, acknowledged) ? 0 : -1) : frame.indexOf(acknowledged);
      if (at >= 0) {
        isKnown = true;
        if (frame.includes(REFUSED)) tally.refused += 1;
        else {
          tally.acknowledged += 1;
          tally.ackLatency.record(Math.max(1, now() - numberAt(frame, at + acknowledged.length)));
        }
        if (atStart) return;
      }
    }
    this.#frames += 1;
    const isSampled = this.#frames % this.#sampled === 0;
    for (let at = frame.indexOf(stamp); at >= 0; at = frame.indexOf(stamp, at + stamp.length)) {
      isKnown = true;
      tally.delivered += 1;
      if (isSampled) tally.latency.record(Math.max(1, now() - numberAt(frame, at + stamp.length)));
    }
    if (!isKnown && frame.includes(REFUSED)) tally.refused += 1;
    if (!this.#isFinishing) return;
    for (let at = frame.indexOf(last); at >= 0; at = frame.indexOf(last, at + last.length))
      tally.lastDelivered += 1;
  }
}

/** Monotonic microseconds of this thread. */
function now(): number {
  return Math.round(performance.now() * 1000);
}
