//! Goal: the holder lets go for a person, and for a challenger only when it sees for itself that nobody
//! is served here. Method: a row for each request and view, over one holder and fakes.

import { failed, succeeded } from "../../failover/outcome.ts";
import type { HandoverRequest, HolderWord } from "../../failover/lease-item.ts";
import { answerRequest, type YieldAnswer } from "../../operator/yielding.ts";
import { HolderBench, peer, region } from "../fakes/bench.ts";

type Seen = "serving" | "failing" | "silent";

let bench: HolderBench;

beforeEach(async () => {
  bench = await new HolderBench().begin();
});

interface View {
  readonly world?: Seen;
  readonly ownApp?: HolderWord["app"];
  readonly mayAct?: boolean;
  readonly writableForMs?: number;
}

async function asked(
  request: HandoverRequest | "none",
  { world = "serving", ownApp = "serving", mayAct = true, writableForMs = 9_000 }: View = {},
): Promise<readonly YieldAnswer[]> {
  bench.write({ request, version: 1 });
  await bench.holder.renew();
  bench.effects.length = 0;
  const answers: YieldAnswer[] = [];
  await answerRequest({
    region,
    board: bench.board,
    holder: bench.holder,
    lookout: { ownApp, writableForMs },
    writableMsMin: 3_000,
    world: {
      sees: async () => (world === "silent" ? failed("unreachable", "no DNS") : succeeded(world)),
    },
    mayAct,
    onAnswer: (answer) => answers.push(answer),
  });
  return answers;
}

function requestOf(reason: HandoverRequest["reason"], by = peer): HandoverRequest {
  return { by, planId: "handover-2", reason, because: [] };
}

test.each<readonly [HandoverRequest["reason"], Seen, HolderWord["app"], boolean]>([
  ["planned", "serving", "serving", true],
  ["planned", "silent", "silent", true],
  ["grey", "failing", "serving", true],
  ["grey", "failing", "failing", true],
  ["grey", "serving", "serving", false],
  ["grey", "serving", "failing", false],
  ["grey", "silent", "failing", true],
  ["grey", "silent", "serving", false],
  ["grey", "silent", "silent", false],
])("asked for %s, the world sees it %s, its own app is %s: yields %s", async (...row) => {
  const [reason, world, ownApp, yielded] = row;
  const answers = await asked(requestOf(reason), { world, ownApp });
  expect(answers).toMatchObject([{ planId: "handover-2", to: peer, yielded }]);
  expect(bench.effects).toEqual(yielded ? ["close", "release 1"] : []);
  expect(bench.item.holder).toBe(yielded ? "nobody" : region);
  expect(bench.database.isWritable).toBe(!yielded);
  expect(answers[0]?.because).toMatch(/.{10,}/);
});

test.each<readonly [string, HandoverRequest | "none", View]>([
  ["nobody asks", "none", {}],
  ["it was taken back", requestOf("withdrawn", region), { world: "failing" }],
  ["it is kept for this region itself", requestOf("planned", region), { world: "failing" }],
  ["mode observe touches nothing", requestOf("planned"), { mayAct: false, world: "failing" }],
])("nothing is answered when %s", async (_when, request, view) => {
  expect(await asked(request, view)).toEqual([]);
  expect(bench.effects).toEqual([]);
});

test("nothing is answered by who does not hold the lease", async () => {
  bench.write({ epoch: 2, holder: peer, renewals: 0 });
  expect(await asked(requestOf("planned"))).toEqual([]);
});

test.each(["read", "release"] as const)(
  "a request whose %s fails is answered with the reason, and again the next time",
  async (call) => {
    bench.arbiterWire.failBefore(call);
    const answers = await asked(requestOf("planned"));
    expect(answers).toMatchObject([{ yielded: false }]);
    expect(answers[0]?.because).toMatch(/unreachable/);
    expect(bench.item.holder).toBe(region);
    expect(await asked(requestOf("planned"))).toMatchObject([{ yielded: true }]);
  },
);

test("a database that cannot be closed is not handed over", async () => {
  bench.databaseWire.failBefore("closeLease");
  expect(await asked(requestOf("planned"))).toMatchObject([{ yielded: false }]);
  expect(bench.item.holder).toBe(region);
});

test("a region that has only just become writable is seen failing because it was not: it stays", async () => {
  const view = { world: "failing", writableForMs: 2_999 } as const;
  expect(await asked(requestOf("grey"), view)).toMatchObject([{ yielded: false }]);
  expect(await asked(requestOf("planned"), view)).toMatchObject([{ yielded: true }]);
});
