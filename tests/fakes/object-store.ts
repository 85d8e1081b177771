//! A bucket in memory for salvages, which can be told to refuse.

import { failed, succeeded } from "../../failover/outcome.ts";
import type { ObjectStore } from "../../operator/salvage/object-store.ts";

export class MemoryStore implements ObjectStore {
  readonly location = "s3://test-bucket";
  readonly objects = new Map<string, string>();
  /** Keys in the order in which they were stored. */
  readonly stored: string[] = [];
  /** How often each object was asked for. */
  readonly asked = new Map<string, number>();
  refuses: (key: string) => boolean = () => false;

  async put(key: string, body: string) {
    if (this.refuses(key)) return failed("unreachable", "told to refuse");
    this.objects.set(key, body);
    this.stored.push(key);
    return succeeded(undefined);
  }

  async exists(key: string) {
    if (this.refuses(key)) return failed("unreachable", "told to refuse");
    this.asked.set(key, (this.asked.get(key) ?? 0) + 1);
    return succeeded(this.objects.has(key));
  }

  async get(key: string) {
    if (this.refuses(key)) return failed("unreachable", "told to refuse");
    return succeeded(this.objects.get(key) ?? ("absent" as const));
  }
}
