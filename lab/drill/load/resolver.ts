//! A user's view of DNS: one cached address that is asked for again when its TTL has passed.
//! Nothing outlives its TTL: when DNS does not answer, the user has no address.

import { Resolver } from "node:dns/promises";
import type { Address } from "../../descriptor.ts";
import type { Clock } from "./clock.ts";

export interface DnsRecord {
  readonly address: string;
  /** Seconds. */
  readonly ttl: number;
}

export type Lookup = (hostname: string) => Promise<readonly DnsRecord[]>;

export interface CachedName {
  address(): Promise<string>;
}

export function cachedName(hostname: string, lookup: Lookup, clock: Clock): CachedName {
  let cached: { readonly address: string; readonly untilMs: number } | null = null;
  let pending: Promise<string> | null = null;

  const ask = async (): Promise<string> => {
    const askedAtMs = clock();
    const [first] = await lookup(hostname);
    if (first === undefined) throw new Error("ENODATA");
    cached = { address: first.address, untilMs: askedAtMs + first.ttl * 1_000 };
    return first.address;
  };

  return {
    async address() {
      if (cached !== null && clock() < cached.untilMs) return cached.address;
      pending ??= ask().finally(() => {
        pending = null;
      });
      return pending;
    },
  };
}

/** Asks one DNS server, and no other that the machine may know. */
export function dnsLookup(server: Address, timeoutMs: number): Lookup {
  const resolver = new Resolver({ timeout: timeoutMs, tries: 2 });
  resolver.setServers([`${server.host}:${server.port}`]);
  return (hostname) => resolver.resolve4(hostname, { ttl: true });
}
