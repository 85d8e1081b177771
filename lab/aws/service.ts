//! What one modelled AWS service is: the model its SDK client exports, and the handlers written.
//! Every outcome a handler may have is here: a value, a typed error, or no answer at all.

import type { ServiceModel } from "./model.ts";

export interface AwsService {
  readonly model: ServiceModel;
  readonly handlers: Handlers;
}

/** Operation name -> handler. An operation of the model that is not here answers 501. */
export type Handlers = Readonly<Record<string, Handler>>;

/**
 * `input` has the shape of the SDK's `…CommandInput`, already validated; the answer has the shape
 * of the operation's output. `never` lets each handler name its own input type.
 */
export type Handler = (input: never, context: CallContext) => HandlerAnswer;

export type HandlerAnswer = object | void | Promise<object | void>;

export interface CallContext {
  /** Region of the endpoint that was called. */
  readonly region: string;
  readonly requestId: string;
  /** Of whoever calls. */
  readonly accessKeyId: string;
}

export interface AwsErrorOptions {
  /** HTTP status. @default the status of the error in the service's model, else 400 */
  readonly status?: number;
  /** Further members of the error's shape. */
  readonly members?: Readonly<Record<string, unknown>>;
}

/** An error the service announces; `code` is the name of the error's shape, or its query code. */
export class AwsError extends Error {
  readonly code: string;
  readonly status: number | undefined;
  readonly members: Readonly<Record<string, unknown>>;

  constructor(code: string, message: string, options: AwsErrorOptions = {}) {
    super(message);
    this.name = code;
    this.code = code;
    this.status = options.status;
    this.members = options.members ?? {};
  }
}

/** Thrown by a handler whose answer got lost: the caller hears nothing, whatever happened. */
export class NoAnswer extends Error {
  constructor() {
    super("the answer got lost on its way");
    this.name = "NoAnswer";
  }
}
