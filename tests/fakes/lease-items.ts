//! The arbiter's item as it stands on a calm day, for tests that change one thing about it.

import { type LeaseItem, noControl } from "../../failover/lease-item.ts";

/** Epoch 1, just opened by the active region of the lab; nobody has asked or ordered anything. */
export function leaseItem(changes: Partial<LeaseItem> = {}): LeaseItem {
  return {
    epoch: 1,
    holder: "us-east-1",
    renewals: 0,
    sinceMs: 0,
    word: "none",
    token: "none",
    version: 0,
    request: "none",
    control: noControl,
    ...changes,
  };
}
