//! Promotion of a PostgreSQL that nobody manages for us: `pg_promote` over SQL.

import { Client } from "pg";
import { failed, succeeded } from "../../failover/outcome.ts";
import type { Promotion } from "../../failover/ports.ts";

export function pgPromotion(connectionString: string, timeoutMs: number): Promotion {
  return {
    async promote() {
      const client = new Client({
        connectionString,
        connectionTimeoutMillis: timeoutMs,
        query_timeout: timeoutMs,
        application_name: "switchback-operator",
      });
      client.on("error", () => undefined);
      try {
        await client.connect();
        // Without waiting: the plan's check sees the end of recovery, 50 ms sooner than this would.
        await client.query("select pg_promote(wait => false) where pg_is_in_recovery()");
        return succeeded(undefined);
      } catch (error) {
        if (!(error instanceof Error)) throw error;
        return failed("unreachable", error.message);
      } finally {
        await client.end().catch(() => undefined);
      }
    },
  };
}
