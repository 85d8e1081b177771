//! Goal: whoever waits for "available" after a promotion waits for nothing, in the lab as in RDS; the
//! operator asks PostgreSQL. Method: the operator's adapter and step, and the SDK's own waiter, against
//! the lab's RDS with a promotion that the test ends.

import * as RDS from "@aws-sdk/client-rds";
import { succeeded } from "../../failover/outcome.ts";
import { planFailover } from "../../failover/plan.ts";
import { rdsPromotion } from "../../operator/adapters/rds.ts";
import { handlerOf } from "../../operator/steps/steps.ts";
import { TwoRegions } from "../fakes/two-regions.ts";
import { clientOptions, closeAll, opened, regionA, regionB } from "./aws-fixture.ts";
import { FakeInstances } from "./rds-instances.ts";

process.env.AWS_ACCESS_KEY_ID = "lab";
process.env.AWS_SECRET_ACCESS_KEY = "lab";

afterEach(closeAll);

const step = { kind: "promote-database" } as const;
const plan = planFailover({ from: regionA, to: regionB, epoch: 2, replicas: 2 });

test("RDS says available and PostgreSQL is in recovery: the operator goes by PostgreSQL", async () => {
  const instances = new FakeInstances();
  const server = await instances.endpointIn(regionB);
  const client = opened(new RDS.RDSClient(clientOptions(server, regionB)));
  const { database, process: standby } = new TwoRegions().standby;
  // What PostgreSQL itself answers follows the instance that the lab's RDS promotes.
  const state = database.state.bind(database);
  database.state = async () => {
    const answer = await state();
    return answer.ok ? succeeded({ ...answer.value, role: instances.b.role }) : answer;
  };
  const access = { region: regionB, endpoint: server.url };
  const promotion = rdsPromotion({ access, instanceIdentifier: "orders-b", timeoutMs: 30_000 });
  const ports = { ...standby.operator.ports, promotion };
  const check = () => handlerOf(step).check(plan, step, ports);

  expect(await handlerOf(step).do(plan, step, ports)).toMatchObject({ ok: true });
  const waited = await RDS.waitUntilDBInstanceAvailable(
    { client, maxWaitTime: 30, minDelay: 1, maxDelay: 1 },
    { DBInstanceIdentifier: "orders-b" },
  );
  expect([waited.state, instances.b.role]).toEqual(["SUCCESS", "replica"]);
  expect(await check()).toEqual({ ok: true, value: false });
  // Ordered again while it goes on: refused by RDS, and no failure to the plan.
  expect(await handlerOf(step).do(plan, step, ports)).toMatchObject({ ok: true });
  expect(instances.promotions).toHaveLength(1);

  instances.promotions[0]?.finish();
  expect(await check()).toEqual({ ok: true, value: true });
});
