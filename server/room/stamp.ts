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

/** Notes a change. In place: what moves changes many times a second, and what lives longer than that is dear to free. */
export function restamp(one: Stamp, version: number, by: string): void {
  if (one.by !== by) one.otherVersion = one.version;
  one.version = version;
  one.by = by;
}

/** Whether somebody other than `user` changed it after version `base`. */
export function changedByOther(one: Stamp, user: string, base: number): boolean {
  return (one.by === user ? one.otherVersion : one.version) > base;
}
