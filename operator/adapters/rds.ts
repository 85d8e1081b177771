//! Promotion of a cross-region read replica through the RDS API. The answer says nothing about the
//! database (RDS still calls it "available" for a while); the plan's check asks PostgreSQL itself.

import { PromoteReadReplicaCommand, RDSClient } from "@aws-sdk/client-rds";
import { failed, succeeded } from "../../failover/outcome.ts";
import type { Promotion } from "../../failover/ports.ts";
import { type AwsAccess, callAws, clientSettings } from "./aws-call.ts";

export interface RdsProps {
  readonly access: AwsAccess;
  readonly instanceIdentifier: string;
  readonly timeoutMs: number;
}

export function rdsPromotion({ access, instanceIdentifier, timeoutMs }: RdsProps): Promotion {
  const client = new RDSClient(clientSettings(access, timeoutMs));
  return {
    async promote() {
      const command = new PromoteReadReplicaCommand({ DBInstanceIdentifier: instanceIdentifier });
      const answer = await callAws(timeoutMs, (options) => client.send(command, options));
      if (answer.ok) return succeeded(undefined);
      // A promotion under way is refused with InvalidDBInstanceState: that is a repeat, not an error.
      if (answer.detail.startsWith("InvalidDBInstanceState")) return succeeded(undefined);
      return failed(answer.fault, answer.detail);
    },
  };
}
