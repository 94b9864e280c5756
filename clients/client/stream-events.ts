export interface StreamEvent {
  readonly event: string;
  readonly data: string;
}

/**
 * The events of a stream of Tandem's own. That ends its lines with LF and has one line of data to an event, so
 * that this, rather than a parser for all streams there may be, is all that a browser has to load.
 */
export async function* eventsIn(body: ReadableStream<Uint8Array>): AsyncGenerator<StreamEvent> {
  const reader = body.getReader();
  const utf8 = new TextDecoder();
  let text = '';
  let searched = 0;
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      text += utf8.decode(value, { stream: true });
      for (let end = text.indexOf('\n\n', searched); end >= 0; end = text.indexOf('\n\n')) {
        const event = eventIn(text.slice(0, end));
        text = text.slice(end + 2);
        if (event.data !== '') yield event;
      }
      searched = Math.max(0, text.length - 1);
    }
  } finally {
    reader.cancel().catch(() => {});
  }
}

function eventIn(block: string): StreamEvent {
  const found = { event: 'message', data: '' };
  for (const line of block.split('\n')) {
    const colon = line.indexOf(': ');
    const name = line.slice(0, colon);
    if (name === 'event' || name === 'data') found[name] = line.slice(colon + 2);
  }
  return found;
}
