/** The body of a request has more bytes than the handler takes. */
export class BodyTooLarge extends Error {
  override readonly name = 'BodyTooLarge';
  readonly maxBytes: number;
  constructor(maxBytes: number) {
    super(`The body of a request has more than ${maxBytes} bytes.`);
    this.maxBytes = maxBytes;
  }
}

/** The client has gone before its request was complete. */
export class RequestAborted extends Error {
  override readonly name = 'RequestAborted';
}

/** Takes the chunks of a body as an implementation reads them. */
export interface BodySink {
  /** `chunk` is kept: copy it where it may be reused. */
  add(chunk: Uint8Array): void;
  end(): void;
}

export interface RequestBody {
  /** See `HttpRequest.body`. */
  read(maxBytes: number): Promise<Uint8Array>;
  /** The handler has had its turn: what it has not asked for goes by. */
  close(): void;
}

export interface BodySource {
  /** The Content-Length, if there is one. */
  readonly announced: string | undefined;
  readonly aborted: AbortSignal;
  /** Starts reading. */
  pour(sink: BodySink): void;
}

export function requestBody(source: BodySource): RequestBody {
  let isOpen = true;
  return {
    read(maxBytes) {
      if (!isOpen) return Promise.reject(new Error('The body was asked for too late, or twice'));
      isOpen = false;
      const whole = collect(source, maxBytes);
      // Whoever awaits something else first would come too late to catch it, which ends the process.
      whole.catch(() => {});
      return whole;
    },
    close() {
      isOpen = false;
    },
  };
}

function collect({ announced, aborted, pour }: BodySource, maxBytes: number): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    const chunks: Uint8Array[] = [];
    let size = 0;
    aborted.addEventListener('abort', () => reject(new RequestAborted()), { once: true });
    if (Number(announced) > maxBytes) {
      reject(new BodyTooLarge(maxBytes));
      return;
    }
    pour({
      add(chunk) {
        size += chunk.byteLength;
        if (size <= maxBytes) {
          chunks.push(chunk);
          return;
        }
        chunks.length = 0;
        reject(new BodyTooLarge(maxBytes));
      },
      end: () => resolve(Buffer.concat(chunks)),
    });
  });
}
