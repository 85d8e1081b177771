//! What Route 53's health checkers, a dozen places in the world, see of a region: read through DNS
//! alone, from a TXT failover pair tied to the region's health check. No API call, no control plane.

import { Resolver } from "node:dns/promises";
import { failed, succeeded } from "../../failover/outcome.ts";
import type { World } from "../../failover/ports.ts";

export interface WorldProps {
  /** "host:port"; empty means the system's own resolvers. */
  readonly servers: readonly string[];
  readonly timeoutMs: number;
  readonly nameOf: (region: string) => string;
}

export function dnsWorld({ servers, timeoutMs, nameOf }: WorldProps): World {
  const resolver = new Resolver({ timeout: timeoutMs, tries: 1 });
  if (servers.length > 0) resolver.setServers(servers);
  return {
    async sees(region) {
      const name = nameOf(region);
      try {
        const answers = (await resolver.resolveTxt(name)).map((chunks) => chunks.join(""));
        const answer = answers[0];
        if (answer === "serving" || answer === "failing") return succeeded(answer);
        return failed("refused", `${name} answers ${JSON.stringify(answers)}`);
      } catch (error) {
        if (!(error instanceof Error)) throw error;
        return failed("unreachable", error.message);
      }
    },
  };
}
