//! What a salvage needs of the region's own bucket: somewhere to leave its files, and the answer to
//! whether an object has arrived.

import type { Outcome } from "../../failover/outcome.ts";

export interface ObjectStore {
  /** Such as `s3://bucket`; a key follows after a slash. */
  readonly location: string;
  put(key: string, body: string, contentType: string): Promise<Outcome<void>>;
  exists(key: string): Promise<Outcome<boolean>>;
  get(key: string): Promise<Outcome<string | "absent">>;
}
