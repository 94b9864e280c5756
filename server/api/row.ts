import type { JsonOf, PartOf, Route } from '../../protocol/http/index.ts';
import type { Principal, User } from '../dispatch/principal.ts';
import type { HttpRequest, HttpResponse } from '../transport/connection.ts';

/** A request that has passed all that its row says. */
export interface Call<R extends Route> {
  readonly params: PartOf<R, 'params'>;
  readonly query: PartOf<R, 'query'>;
  readonly body: PartOf<R, 'body'>;
  /** Whose token it came with; a guest only where the scope is `user`. */
  readonly principal: R extends { scope: 'publish' | 'admin' } ? User : Principal;
  /** What it came with to prove that; undefined: nothing. Never logged. */
  readonly token: string | undefined;
  readonly request: HttpRequest;
}

type Statuses<R extends Route> = keyof R['answers'] & number;

/** An answer in JSON, by its status; `json` is left out where the row says of no schema. */
export type Reply<R extends Route> = {
  [Status in Statuses<R>]: {
    readonly status: Status;
    readonly headers?: Readonly<Record<string, string>>;
  } & (JsonOf<R, Status> extends undefined ? unknown : { readonly json: JsonOf<R, Status> });
}[Statuses<R>];

/** An answer that is no JSON: it leaves as it is. */
export interface WholeReply {
  readonly http: HttpResponse;
}

/** Throws a Refusal, or rejects with one or a LogError. */
export type Handler<R extends Route> = (
  call: Call<R>,
) => Reply<R> | WholeReply | Promise<Reply<R> | WholeReply>;

/** A handler for each row of a table. */
export type Handlers<Table extends Readonly<Record<string, Route>>> = {
  readonly [Name in keyof Table]: Handler<Table[Name]>;
};

/** What the router knows of a row. */
export interface Row {
  readonly name: string;
  readonly route: Route;
  readonly handle: Handler<Route>;
}
