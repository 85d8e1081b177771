//! The bucket did not take or tell something: ends the salvage that is under way, as an expected
//! failure and not as a bug.

import type { CallFault } from "../../failover/outcome.ts";

export class StoreFailure extends Error {
  readonly fault: CallFault;

  constructor(fault: CallFault, detail: string) {
    super(`object store: ${detail}`);
    this.fault = fault;
  }
}
