/** What a window keeps for as long as it is open; where the browser forbids that, until its page is loaded anew. */
export const session = storage();

/** Whether what it keeps outlives that. */
export const isKept = session instanceof Storage;

function storage(): Pick<Storage, 'getItem' | 'setItem' | 'removeItem'> {
  try {
    return sessionStorage;
  } catch {
    const kept = new Map<string, string>();
    return {
      getItem: (key) => kept.get(key) ?? null,
      setItem: (key, value) => void kept.set(key, value),
      removeItem: (key) => void kept.delete(key),
    };
  }
}
