import type { ErrorCode } from '../../protocol/index.ts';

/** Why the server refused: what stands in its answer; or why there was none. Switch on `code`. */
export class BackendError extends Error {
  override readonly name = 'BackendError';
  /**
   * Of the catalogue; UNREACHABLE: there was no answer, or no token in time; UNKNOWN: one that is not the server's. Of
   * status 0, what cannot be sent: NOT_JSON (it has something in it that JSON has not), INVALID_FIELD (an id that no
   * address can have), TOKEN_INVALID (a token that no header can have).
   */
  readonly code: ErrorCode | 'UNREACHABLE' | 'UNKNOWN';
  /** Of HTTP; 0 where there was no answer. */
  readonly status: number;
  /** All that the answer said: `path`, `expected`, `limit`, `retryAfterMs`, `version`. */
  readonly details: Readonly<Record<string, unknown>>;

  constructor(
    code: BackendError['code'],
    status: number,
    message: string,
    details: Readonly<Record<string, unknown>> = {},
    options?: ErrorOptions,
  ) {
    super(message, options);
    this.code = code;
    this.status = status;
    this.details = details;
  }

  /** Whether the same may succeed later. */
  get retryable(): boolean {
    return this.code === 'UNREACHABLE' || this.status === 429 || this.status === 503;
  }

  /** How long the server wants to be left alone. */
  get retryAfterMs(): number | undefined {
    const { retryAfterMs } = this.details;
    return typeof retryAfterMs === 'number' ? retryAfterMs : undefined;
  }
}
