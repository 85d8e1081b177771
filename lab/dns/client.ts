//! A stub resolver with a cache, as a user's machine has one: the load generator resolves with it.
//! Promises that a TTL is honoured to the millisecond, for names that do not exist as well.

import { isIP } from "node:net";
import type { LookupFunction } from "node:net";
import { callbackify } from "node:util";

import type { Answer } from "dns-packet";

import { canonicalName } from "./names.ts";
import { DnsError, errorOf, queryDns } from "./query.ts";
import type { DnsReply } from "./query.ts";

export interface CachingResolverOptions {
  readonly server: { readonly host: string; readonly port: number };
  /** Milliseconds of a clock that never jumps; only differences matter. */
  readonly now: () => number;
  /** Of one try. @default 500 */
  readonly timeoutMs?: number;
  /** @default 2 */
  readonly tries?: number;
  /** The oldest entry goes first. @default 256 */
  readonly entriesMax?: number;
}

export interface Resolution {
  readonly address: string;
  /** All addresses of the answer, `address` first. */
  readonly addresses: readonly string[];
  /** What is left of the TTL; a fresh answer has all of it. */
  readonly ttlSeconds: number;
  readonly fromCache: boolean;
}

export interface CachingResolver {
  /** Throws `DnsError`; only a "no" of the name server is cached, never a missing answer. */
  resolve(hostname: string): Promise<Resolution>;
  /** Give this to `http.request`, `net.connect` and the like. */
  readonly lookup: LookupFunction;
}

interface Entry {
  readonly outcome: { readonly addresses: readonly [string, ...string[]] } | DnsError;
  readonly expiresAtMs: number;
}

export function createCachingResolver(options: CachingResolverOptions): CachingResolver {
  const { server, now, timeoutMs = 500, tries = 2, entriesMax = 256 } = options;
  const entries = new Map<string, Entry>();
  const underway = new Map<string, Promise<Entry>>();

  const ask = async (hostname: string): Promise<Entry> => {
    const reply = await queryDns({ name: hostname, type: "A" }, { server, timeoutMs, tries });
    const entry = entryOf(reply, hostname, now());
    entries.delete(hostname);
    if (entry.expiresAtMs > now()) entries.set(hostname, entry);
    for (const oldest of entries.keys()) {
      if (entries.size <= entriesMax) break;
      entries.delete(oldest);
    }
    return entry;
  };
  /** Many requests at once for one name are one question, as in any resolver. */
  const askTogether = (hostname: string): Promise<Entry> => {
    const running = underway.get(hostname);
    if (running !== undefined) return running;
    const started = ask(hostname).finally(() => underway.delete(hostname));
    underway.set(hostname, started);
    return started;
  };

  const resolve = async (text: string): Promise<Resolution> => {
    const hostname = canonicalName(text).slice(0, -1);
    const cached = entries.get(hostname);
    const fromCache = cached !== undefined && cached.expiresAtMs > now();
    const { outcome, expiresAtMs } = fromCache ? cached : await askTogether(hostname);
    if (outcome instanceof DnsError) throw outcome;
    const { addresses } = outcome;
    const ttlSeconds = Math.max(0, (expiresAtMs - now()) / 1_000);
    return { address: addresses[0], addresses, ttlSeconds, fromCache };
  };
  return { resolve, lookup: lookupWith(resolve) };
}

/** The TTL of an answer is the shortest of its chain: a CNAME that changes takes the rest along. */
function entryOf(reply: DnsReply, hostname: string, nowMs: number): Entry {
  const [first, ...others] = reply.answers.flatMap(addressOf);
  const ttlSeconds =
    first === undefined
      ? negativeTtlSeconds(reply)
      : Math.min(...reply.answers.map((answer) => ttlSecondsOf(answer)));
  const outcome =
    first === undefined
      ? errorOf(reply, hostname)
      : { addresses: [first, ...others] as [string, ...string[]] };
  return { outcome, expiresAtMs: nowMs + ttlSeconds * 1_000 };
}

function addressOf(answer: Answer): string[] {
  return answer.type === "A" ? [answer.data] : [];
}

function ttlSecondsOf(answer: Answer): number {
  return answer.type === "OPT" ? Infinity : (answer.ttl ?? 0);
}

/** RFC 2308: the smaller of the SOA's own TTL and its minimum field; without an SOA, nothing. */
function negativeTtlSeconds({ authorities }: DnsReply): number {
  const soa = authorities.find((record) => record.type === "SOA");
  return soa === undefined ? 0 : Math.min(soa.ttl ?? 0, soa.data.minimum ?? 0);
}

function lookupWith(resolve: CachingResolver["resolve"]): LookupFunction {
  const resolveThen = callbackify(resolve);
  return (hostname, options, callback) => {
    const answer = (addresses: readonly string[]): void => {
      const found = addresses.map((address) => ({ address, family: isIP(address) }));
      if (options.all === true) callback(null, found);
      else callback(null, found[0]?.address ?? "", found[0]?.family ?? 4);
    };
    if (isIP(hostname) !== 0) {
      answer([hostname]);
      return;
    }
    resolveThen(hostname, (error, resolution) => {
      if (error === null) answer(resolution.addresses);
      else callback(error, "");
    });
  };
}
