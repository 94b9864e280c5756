import type { Static, TObject, TSchema } from 'typebox';
import type { ErrorCode } from '../errors.ts';

/**
 * One row of the table of what is answered over HTTP: all but the handler. The server validates by it, clients
 * are typed by it, and the OpenAPI document is made of it.
 */
export interface Route {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  /** `:name` stands for one segment; each is a field of `params`. */
  readonly path: string;
  /** One line, for people. */
  readonly summary: string;
  /**
   * Who may call: `user` with any token, and without one where the server lets guests in; `publish` with a
   * token of that scope, or of `admin`; `admin` with the latter. Undefined: everybody, at any rate.
   */
  readonly scope?: 'user' | 'publish' | 'admin';
  /** The room that it is about: what a token with `rooms` or `projects` grants decides. */
  readonly room?: (params: Readonly<Record<string, string>>) => string;
  readonly params?: TObject;
  /** Values are read as what the schema says. */
  readonly query?: TObject;
  /** While the server goes down it is answered as ever: that it does is said in words of its own. */
  readonly drains?: true;
  /** JSON. */
  readonly body?: TSchema;
  /** What a body says that is text: its handler reads it. Without `scope` and `body`. */
  readonly text?: string;
  /** The limit of the body. Default: MAX_MESSAGE_BYTES. */
  readonly maxBody?: 'MAX_MESSAGE_BYTES' | 'MAX_FRAME_BYTES';
  /** What is answered, by status. */
  readonly answers: Readonly<Record<number, Answer>>;
  /** Beside what follows from the rest of the row. */
  readonly refusals?: readonly ErrorCode[];
}

export interface Answer {
  readonly description: string;
  /** Of the JSON; none: there is no body, or one of another type. */
  readonly schema?: TSchema;
  readonly contentType?: string;
  /** By name, with what it says. */
  readonly headers?: Readonly<Record<string, string>>;
}

/** Keeps the types of a row. */
export function route<const R extends Route>(row: R): R {
  return row;
}

/** What a part of a request is when it has passed its schema. */
export type PartOf<R extends Route, Part extends 'params' | 'query' | 'body'> =
  R extends Readonly<Record<Part, infer S extends TSchema>> ? Static<S> : undefined;

type Answers<R extends Route> = R['answers'];

/** The JSON of an answer. */
export type JsonOf<R extends Route, Status extends keyof Answers<R>> = Answers<R>[Status] extends {
  readonly schema: infer S extends TSchema;
}
  ? Static<S>
  : undefined;
