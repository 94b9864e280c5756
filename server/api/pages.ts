import { Refusal } from '../../protocol/index.ts';
import type { HttpHandler, HttpRequest, HttpResponse } from '../transport/connection.ts';
import { isKnown, refused } from './replies.ts';

/** A file of the pages, as it was built. */
export interface PageFile {
  /** Its name in the directory of the pages. */
  readonly file: string;
  readonly type: string;
  /** A strong validator, with its quotes. */
  readonly etag: string;
  /** Its name changes with its content. */
  readonly immutable: boolean;
}

/** The files of the pages, by path: there are no others, whatever is asked for. */
export type PageTable = Readonly<Record<string, PageFile>>;

export interface PagesOptions {
  readonly table: PageTable;
  /** The content of a file of the table. It is not kept: a browser asks once. */
  read(file: string): Promise<string>;
  onAnswered(status: number): void;
  /** A file cannot be read. */
  onFault(error: unknown, path: string): void;
}

/** Nothing but what the server itself serves, no script or style within the page, and no other page around it. */
const policy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self'",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
  "trusted-types 'none'",
].join('; ');

const security = {
  'content-security-policy': policy,
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
};

/** Answers what the table has; everything else is answered as it was without the pages. */
export function withPages(
  next: HttpHandler,
  { table, read, onAnswered, onFault }: PagesOptions,
): HttpHandler {
  const files = new Map(Object.entries(table));

  async function whole(path: string, { file }: PageFile, headers: Record<string, string>) {
    try {
      return { status: 200, headers, body: await read(file) };
    } catch (error) {
      onFault(error, path);
      return refused(new Refusal('INTERNAL'));
    }
  }

  function answer(request: HttpRequest, one: PageFile): HttpResponse | Promise<HttpResponse> {
    const { method, path } = request;
    if (method !== 'GET' && method !== 'HEAD') {
      return refused(new Refusal('METHOD_NOT_ALLOWED'), { allow: 'GET, HEAD' });
    }
    const headers = {
      ...security,
      'content-type': one.type,
      etag: one.etag,
      'cache-control': one.immutable ? 'public, max-age=31536000, immutable' : 'no-cache',
    };
    if (isKnown(request.headers['if-none-match'], one.etag)) return { status: 304, headers, body: '' };
    return whole(path, one, headers);
  }

  return (request) => {
    const one = files.get(request.path);
    if (one === undefined) return next(request);
    const response = answer(request, one);
    if (response instanceof Promise) response.then(({ status }) => onAnswered(status));
    else onAnswered(response.status);
    return response;
  };
}
