//! Jest runs each test file in a realm of its own, so an error that Node itself makes (a refused
//! connection) is no `instanceof Error` there, as it is in the program. This makes it one again.

import { isNativeError } from "node:util/types";

const ordinary = Function.prototype[Symbol.hasInstance];

Object.defineProperty(Error, Symbol.hasInstance, {
  value(this: unknown, value: unknown): boolean {
    // Classes below Error inherit this function and are asked as ever.
    if (this !== Error) return ordinary.call(this as never, value);
    return ordinary.call(Error, value) || isNativeError(value) || value instanceof DOMException;
  },
});
