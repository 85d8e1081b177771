//! Goal: what is to happen after an event happens after it, commands reach an operator that answers,
//! and whoever runs a plan is killed once for each step.
//! Method: an event board, journals and status pages as operators give them, tiny HTTP servers.

import http from "node:http";
import type net from "node:net";
import type { LabDescriptor } from "../../lab/descriptor.ts";
import { resolveCommand, sendCommand } from "../../lab/drill/commands.ts";
import { newEventBoard } from "../../lab/drill/event-board.ts";
import { happeningsIn } from "../../lab/drill/happenings.ts";
import { noteHolds, statusPagesIn, type HoldRecord } from "../../lab/drill/holds.ts";
import { mergeJournals } from "../../lab/drill/journal.ts";
import { regionsToKill } from "../../lab/drill/step-killer.ts";
import { isOrdersFile, salvageFrom } from "../../lab/drill/checker/salvage.ts";
import { east, west } from "./drill-evidence.ts";

const closers: (() => Promise<void>)[] = [];

afterEach(async () => {
  await Promise.all(closers.splice(0).map((close) => close()));
});

describe("the event board", () => {
  const never = new AbortController().signal;

  test("lets go when the last of the events has been seen, with its time", async () => {
    const board = newEventBoard();
    const both = board.when(["failed-over", "healed"], never);
    board.note("healed", 5_000);
    board.note("failed-over", 2_000);
    expect(await both).toBe(5_000);
  });

  test("knows what happened before anybody asked, and the first time counts", async () => {
    const board = newEventBoard();
    board.note("held", 100);
    board.note("held", 900);
    expect(await board.when(["held"], never)).toBe(100);
    expect(board.seen).toEqual({ held: 100 });
    expect(board.atMs("healed")).toBeNull();
  });

  test("keeps nobody waiting for what does not come any more", async () => {
    const board = newEventBoard();
    const halt = new AbortController();
    const waiting = board.when(["switched-over"], halt.signal);
    halt.abort();
    await expect(waiting).rejects.toThrow("ended before its next event");
  });
});

const entry = (kind: string, atMs: number, planId: string, rest: object = {}): object => ({
  kind,
  atMs,
  planId,
  ...rest,
});

const started = (planId: string, atMs: number, from: string, to: string): object =>
  entry("plan-started", atMs, planId, {
    plan: { id: planId, kind: planId.split("-")[0], from, to, epoch: 2, stages: [] },
    because: [],
  });

const eventsOf = (journal: readonly object[], sinceMs = 1_000): string[] =>
  happeningsIn(mergeJournals({ raw: { [west]: journal } }), { sinceMs, home: east }).map(
    ({ event, atMs }) => `${event} ${atMs}`,
  );

describe("what the journals tell", () => {
  test("a failover counts when it has been seen to serve, not when its records are set", () => {
    expect(
      eventsOf([
        started("failover-2", 2_000, east, west),
        entry("step-done", 3_000, "failover-2", { step: "await-serving" }),
        entry("plan-finished", 4_000, "failover-2"),
      ]),
    ).toEqual(["failed-over 3000", "finished 4000"]);
  });

  test("a handover is another thing than a failover", () => {
    const journal = [
      started("handover-2", 2_000, east, west),
      entry("step-done", 3_000, "handover-2", { step: "await-serving" }),
    ];
    expect(eventsOf(journal)).toEqual(["handed-over 3000"]);
  });

  test("a switchover counts when it is finished, and to the first region it is the way back", () => {
    const there = [
      started("switchover-3", 2_000, east, west),
      entry("step-done", 2_500, "switchover-3", { step: "await-serving" }),
      entry("step-done", 4_000, "switchover-3", { step: "await-caught-up" }),
      entry("plan-finished", 5_000, "switchover-3"),
    ];
    expect(eventsOf(there)).toEqual(["protected 4000", "switched-over 5000", "finished 5000"]);
    const back = [
      started("switchover-4", 6_000, west, east),
      entry("plan-finished", 9_000, "switchover-4"),
    ];
    expect(eventsOf(back)).toEqual(["switched-over 9000", "failed-back 9000", "finished 9000"]);
  });

  test("a protect is done when it is finished; plans of the lab's own start are nobody's", () => {
    const journal = [
      started("failover-1", 500, east, west),
      entry("step-done", 3_000, "failover-1", { step: "await-serving" }),
      started("protect-2", 2_000, west, east),
      entry("plan-finished", 5_000, "protect-2"),
    ];
    expect(eventsOf(journal)).toEqual(["protected 5000", "finished 5000"]);
  });
});

const page = (kind: string): object => ({ verdict: { kind, because: ["not ready"] } });

describe("held failovers", () => {
  test("are told from when to when, by region", () => {
    const holds: HoldRecord[] = [];
    noteHolds(holds, { raw: { [east]: null, [west]: page("stay") } }, 1);
    noteHolds(holds, { raw: { [east]: null, [west]: page("hold") } }, 2);
    noteHolds(holds, { raw: { [east]: null, [west]: page("hold") } }, 3);
    noteHolds(holds, { raw: { [east]: null, [west]: null } }, 4);
    noteHolds(holds, { raw: { [east]: null, [west]: page("seize") } }, 5);
    noteHolds(holds, { raw: { [east]: page("hold"), [west]: page("stay") } }, 6);
    expect(holds).toEqual([
      { region: west, fromMs: 2, toMs: 5, because: ["not ready"] },
      { region: east, fromMs: 6, toMs: null, because: ["not ready"] },
    ]);
  });

  test("are not read from pages that say nothing of a verdict", () => {
    expect(statusPagesIn({ raw: { [east]: null, [west]: {} } })).toBe(0);
    expect(statusPagesIn({ raw: { [east]: page("stay"), [west]: page("hold") } })).toBe(2);
  });
});

describe("the killer at each step", () => {
  const plan = { id: "failover-2", kind: "failover", from: east, to: west, epoch: 2, stages: [] };
  const journalOf = (...entries: readonly object[]) =>
    mergeJournals({
      raw: { [west]: [{ kind: "plan-started", atMs: 10, planId: plan.id, plan }, ...entries] },
    });
  const intended = (atMs: number, step: string): object => ({
    kind: "step-intended",
    atMs,
    planId: plan.id,
    step,
  });

  test("kills once for each step, not again when it is begun anew", () => {
    const journal = journalOf(intended(20, "take-lease"), intended(90, "take-lease"));
    const [, first, second] = journal;
    expect(regionsToKill(journal, [first!], 5)).toContain(west);
    expect(regionsToKill(journal, [second!], 5)).toEqual([]);
    const next = mergeJournals({
      raw: { [west]: [{ ...intended(120, "take-lease"), planId: "failover-4" }] },
    });
    expect(regionsToKill([...journal, ...next], next, 5)).toEqual([]);
  });

  test("leaves what was before zero alone, and steps that are done", () => {
    const done = { kind: "step-done", atMs: 30, planId: plan.id, step: "take-lease" };
    const journal = journalOf(intended(20, "take-lease"), done);
    expect(regionsToKill(journal, journal, 25)).toEqual([]);
    expect(regionsToKill(journal, [journal[2]!], 5)).toEqual([]);
  });
});

const labWith = (first: string, second: string): LabDescriptor =>
  ({
    operatorToken: "t0ken",
    initialActive: east,
    initialStandby: west,
    regions: { [east]: { operator: first }, [west]: { operator: second } },
  }) as unknown as LabDescriptor;

/** A clock that runs out after some questions, so that no test waits. */
const impatient = () => {
  let nowMs = 0;
  return { nowMs: () => (nowMs += 2_000), signal: new AbortController().signal };
};

describe("a command", () => {
  const seen: { body: unknown; authorization: string | undefined }[] = [];

  async function operator(answer: (attempt: number) => readonly [number, object]): Promise<string> {
    let attempts = 0;
    const server = http.createServer((request, response) => {
      let body = "";
      request.on("data", (part: Buffer) => (body += part.toString()));
      request.on("end", () => {
        attempts += 1;
        const { authorization } = request.headers;
        seen.push({ body: JSON.parse(body) as unknown, authorization });
        const [status, value] = answer(attempts);
        response.writeHead(status).end(JSON.stringify(value));
      });
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    closers.push(() => new Promise((resolve) => server.close(() => resolve())));
    return `http://127.0.0.1:${(server.address() as net.AddressInfo).port}`;
  }

  beforeEach(() => seen.splice(0));

  test("goes to the operator that answers, with the token", async () => {
    const answering = await operator(() => [202, { accepted: true }]);
    const lab = labWith("http://127.0.0.1:9", answering);
    const answer = await sendCommand(lab, { kind: "failback" }, impatient());
    expect(answer).toMatchObject({ accepted: true, region: west, problems: [] });
    expect(seen).toEqual([{ body: { kind: "failback" }, authorization: "Bearer t0ken" }]);
  });

  test("is asked again for a while when it is refused, since a plan may just be ending", async () => {
    const busy = await operator((attempt) =>
      attempt < 2 ? [409, { error: "a plan is running" }] : [202, { accepted: true }],
    );
    const lab = labWith(busy, "http://127.0.0.1:9");
    expect(await sendCommand(lab, { kind: "protect" }, impatient())).toMatchObject({
      accepted: true,
      region: east,
    });
  });

  test("that is refused for good says why", async () => {
    const refusing = await operator(() => [409, { error: "refused", problems: ["paused by ops"] }]);
    const answer = await sendCommand(labWith(refusing, refusing), { kind: "approve" }, impatient());
    expect(answer).toMatchObject({ accepted: false, problems: ["refused", "paused by ops"] });
  });

  test("names a region, where the scenario names a role", () => {
    const lab = labWith("", "");
    expect(resolveCommand({ kind: "switchover", to: "standby" }, lab)).toEqual({
      kind: "switchover",
      to: west,
    });
    expect(resolveCommand({ kind: "approve" }, lab)).toEqual({ kind: "approve" });
  });
});

describe("a salvage's files", () => {
  const head = "salvage,id,key,item,quantity\r\n";
  const files = {
    name: "protect-2",
    summary: JSON.stringify({
      missingObjects: 1,
      tables: [{ table: "app.orders", missing: 3, conflicts: 1 }],
    }),
    orders: [
      `${head}missing,7,load-7-3,"rope, ""long""",2\r\n"missing, number taken",8,load-7-4,,1\r\n`,
      `${head}missing,9,load-7-5,"two\r\nlines",1\r\n"conflict, there",3,load-7-1,map,1\r\n` +
        `"conflict, here",3,load-7-1,map,2\r\n`,
    ],
    objects:
      "table,column,row,side,object\r\napp.orders,attachment,key=load-7-3,there,object-7-1\r\n",
  };

  test("say which rows and objects are missing, over several parts", () => {
    expect(salvageFrom(files)).toEqual({
      name: "protect-2",
      missingKeys: ["load-7-3", "load-7-4", "load-7-5"],
      conflictingKeys: ["load-7-1"],
      missingObjects: ["object-7-1"],
    });
  });

  test.each([
    [{ orders: files.orders.slice(1) }, "missing rows: 3 are counted and 1 named"],
    [{ objects: "table,column,row,side,object\r\n" }, "missing objects: 1 are counted and 0 named"],
    [{ summary: "{}" }, "the summary knows of no app.orders"],
  ])("are refused when they contradict the summary: %j", (changes, problem) => {
    expect(() => salvageFrom({ ...files, ...changes })).toThrow(problem);
  });

  test("are those of the table of orders and no other", () => {
    const names = ["app.orders.csv", "app.orders.part-2.csv", "app.orders.sql", "app.others.csv"];
    expect(names.filter(isOrdersFile)).toEqual(["app.orders.csv", "app.orders.part-2.csv"]);
  });
});
