/** What it is now, and as JSON has it, whatever becomes of it later. Throws a TypeError where it is no JSON. */
export const copied = <T>(value: T): T => JSON.parse(JSON.stringify(value));
