//! STS: who am I. Everyone is the lab.

import * as STS from "@aws-sdk/client-sts";
import { describeService } from "./model.ts";
import type { AwsService } from "./service.ts";

const account = "000000000000";

export function stsService(): AwsService {
  const client = new STS.STSClient({ region: "none" });
  const model = describeService(STS, client);
  client.destroy();
  return {
    model,
    handlers: {
      GetCallerIdentity: (): STS.GetCallerIdentityResponse => ({
        Account: account,
        Arn: `arn:aws:iam::${account}:user/switchback-lab`,
        UserId: "SWITCHBACKLAB",
      }),
    },
  };
}
