//! A user's view of DNS: one cached address that is asked for again when its TTL has passed.
//! Nothing outlives its TTL, unless the cache is one that knows of none: when DNS does not answer,
//! the user has no address.

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

export interface CachedNameProps {
  readonly hostname: string;
  readonly lookup: Lookup;
  readonly clock: Clock;
  /** As some caches do: the first address is kept for ever. @default false */
  readonly ignoresTtl?: boolean;
}

export function cachedName(props: CachedNameProps): CachedName {
  const { clock, hostname, lookup, ignoresTtl = false } = props;
  let cached: { readonly address: string; readonly untilMs: number } | null = null;
  let pending: Promise<string> | null = null;

  const ask = async (): Promise<string> => {
    const askedAtMs = clock();
    const [first] = await lookup(hostname);
    if (first === undefined) throw new Error("ENODATA");
    const untilMs = ignoresTtl ? Number.POSITIVE_INFINITY : askedAtMs + first.ttl * 1_000;
    cached = { address: first.address, untilMs };
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
