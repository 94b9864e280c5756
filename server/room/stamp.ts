/**
 * When a property was last changed and by whom, and when it was last changed by anybody else. The two
 * together answer for every user whether somebody else changed it after a version.
 */
export interface Stamp {
  version: number;
  by: string;
  /** 0: nobody else did. */
  otherVersion: number;
}

export function stamp(previous: Stamp | undefined, version: number, by: string): Stamp {
  if (previous === undefined) return { version, by, otherVersion: 0 };
  return { version, by, otherVersion: previous.by === by ? previous.otherVersion : previous.version };
}

/** Whether somebody other than `user` changed it after version `base`. */
export function changedByOther(one: Stamp, user: string, base: number): boolean {
  return (one.by === user ? one.otherVersion : one.version) > base;
}
