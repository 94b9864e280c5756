/** What requests need to know of the line that they go over, and what they tell it. */
export interface RequestLine {
  readonly isCut: boolean;
  readonly isSlow: boolean;
  sent: number;
  received: number;
}

/**
 * Requests over a line: they fail while it is cut, and take their time while it is slow. A post is as many messages as
 * it has lines; of an event stream each event counts once.
 *
 * @param open what cuts those that are under way
 */
export function fetchOver(line: RequestLine, open: Set<() => void>, slowMs: number): typeof fetch {
  return async (input, init = {}) => {
    if (line.isCut) throw new TypeError('The line is cut.');
    const aborter = new AbortController();
    const cut = () => {
      open.delete(cut);
      aborter.abort();
    };
    init.signal?.addEventListener('abort', cut);
    open.add(cut);
    if (line.isSlow) await new Promise((passed) => setTimeout(passed, slowMs));
    if (typeof init.body === 'string') line.sent += init.body.split('\n').length - 1;
    try {
      const response = await fetch(input, { ...init, signal: aborter.signal });
      if (line.isSlow) await new Promise((passed) => setTimeout(passed, slowMs));
      const isStream = response.headers.get('content-type')?.startsWith('text/event-stream') ?? false;
      if (!isStream || response.body === null) {
        open.delete(cut);
        return response;
      }
      return new Response(response.body.pipeThrough(counted(line)), response);
    } catch (error) {
      open.delete(cut);
      throw error;
    }
  };
}

const LINE_FEED = 10;

/** Events end with an empty line. */
function counted(line: RequestLine): TransformStream<Uint8Array<ArrayBuffer>, Uint8Array<ArrayBuffer>> {
  let before = 0;
  return new TransformStream({
    transform(chunk, controller) {
      for (const byte of chunk) {
        if (byte === LINE_FEED && before === LINE_FEED) line.received += 1;
        before = byte;
      }
      controller.enqueue(chunk);
    },
  });
}
