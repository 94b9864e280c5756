import { SignJWT } from 'jose';
import type { Person } from './speech.ts';

/**
 * Everybody in some rooms.
 *
 * @param secret signs their tokens, for an hour; undefined: they have none
 */
export async function people(rooms: number, users: number, secret?: string): Promise<Person[]> {
  const key = secret === undefined ? undefined : new TextEncoder().encode(secret);
  const signed = async (userId: string) =>
    key === undefined
      ? undefined
      : new SignJWT({ sub: userId, name: userId })
          .setProtectedHeader({ alg: 'HS256' })
          .setIssuedAt()
          .setExpirationTime('1h')
          .sign(key);
  const all: Person[] = [];
  for (let room = 0; room < rooms; room++) {
    for (let user = 0; user < users; user++) {
      const userId = `user-${room}-${user}`;
      all.push({ userId, roomId: `room-${room}`, token: await signed(userId) });
    }
  }
  return all;
}
