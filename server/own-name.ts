/** Names a log, or an author, of the server's own among those of rooms and users: theirs hold no control characters. */
export const ownName = (name: string): string => `\u0001${name}`;
