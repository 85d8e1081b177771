//! Goal: one operator asks the other over HTTP and gets its word, or a clear failure within its time,
//! whatever answers there. Method: the adapter against the production page, and against servers that
//! do not behave.

import http from "node:http";
import type { AddressInfo } from "node:net";
import { httpPeer } from "../../operator/adapters/peer-http.ts";
import { entrances } from "../../operator/entrances.ts";
import { type Page, startPage } from "../../operator/page.ts";
import type { HolderWord } from "../../failover/lease-item.ts";
import { leaseItem } from "../fakes/lease-items.ts";
import { itemOf } from "../fakes/people.ts";
import { TwoRegions } from "../fakes/two-regions.ts";

const token = "s3cret-token";
const word: HolderWord = { databaseMs: 77.5, database: "writable", app: "serving" };
let earth: TwoRegions;
const closing: (() => Promise<void>)[] = [];

beforeEach(async () => {
  earth = await new TwoRegions().begin();
});
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

function peerAt(port: number, given: { token?: string; timeoutMs?: number } = {}) {
  return httpPeer({
    url: `http://127.0.0.1:${port}`,
    token: () => given.token ?? token,
    timeoutMs: given.timeoutMs ?? 10_000,
  });
}

/** The standby's page, as the holder's operator reaches it. */
async function standbyPage(): Promise<Page> {
  const { board, operator, voucher } = earth.standby.process;
  const page = await startPage({
    host: "127.0.0.1",
    port: 0,
    token: () => token,
    ready: () => ({ ready: true, because: "" }),
    gate: () => ({ open: false, because: "" }),
    status: () => ({}),
    journal: async () => [],
    posts: entrances({
      board,
      voucher,
      journal: operator.journal,
      database: operator.ports.database,
      situation: () => {
        throw new Error("nobody orders anything");
      },
      onOrder: () => undefined,
    }),
    metrics: async () => "",
    metricsType: "text/plain",
  });
  closing.push(() => page.close());
  return page;
}

/** A server that is not the other operator. */
async function strangeServer(respond: http.RequestListener): Promise<number> {
  const server = http.createServer(respond);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  closing.push(
    () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  );
  return (server.address() as AddressInfo).port;
}

async function withoutArbiter(): Promise<void> {
  earth.standby.wires.arbiter.isDown = true;
  await earth.standby.process.board.refresh();
}

test("a renewal on behalf comes back whole, with whatever was asked and ordered meanwhile", async () => {
  const { board } = earth.standby.process;
  await board.ask({ by: "us-west-2", planId: "switchover-2", reason: "planned", because: ["é"] });
  await board.instruct((control) => ({
    ...control,
    paused: { because: "x", atMs: 1.5 },
    approval: { epoch: 1, atMs: 2 },
    command: { id: "switchover-1", kind: "switchover", to: "us-west-2", atMs: 3 },
  }));
  const { port } = await standbyPage();
  const held = itemOf(earth);
  const answer = await peerAt(port).renewFor(held, word);
  const item = { ...held, renewals: held.renewals + 1, word };
  expect(answer).toEqual({ ok: true, value: { kind: "relayed", item } });
  expect(itemOf(earth)).toEqual(item);
});

test("a promise comes back as one", async () => {
  const { port } = await standbyPage();
  await withoutArbiter();
  const answer = await peerAt(port).renewFor(itemOf(earth), word);
  expect(answer).toEqual({ ok: true, value: { kind: "promised" } });
});

test("who has lost the lease is told so", async () => {
  const { port } = await standbyPage();
  const answer = await peerAt(port).renewFor({ ...itemOf(earth), epoch: 9 }, word);
  expect(answer).toMatchObject({ ok: false, fault: "conflict" });
});

test("who refuses its word says why", async () => {
  const { port } = await standbyPage();
  const { board } = earth.standby.process;
  const by = earth.standby.name;
  await board.ask({ by, planId: "handover-2", reason: "grey", because: [] });
  const answer = await peerAt(port).renewFor(itemOf(earth), word);
  expect(answer).toMatchObject({ ok: false, fault: "refused" });
  expect(answer.ok ? "" : answer.detail).toContain("let it lapse");
});

test("without the token nothing is asked of the arbiter", async () => {
  const { port } = await standbyPage();
  const before = itemOf(earth);
  const answer = await peerAt(port, { token: "other" }).renewFor(before, word);
  expect(answer).toMatchObject({ ok: false, fault: "denied" });
  expect(itemOf(earth)).toEqual(before);
});

test("a renewal that is none is refused by the page with what is wrong", async () => {
  const { port } = await standbyPage();
  const held = { ...itemOf(earth), epoch: 0 };
  const answer = await peerAt(port).renewFor(held, word);
  expect(answer).toMatchObject({ ok: false, fault: "refused" });
  expect(answer.ok ? "" : answer.detail).toContain("held.epoch");
});

const relayed = (item: unknown) => JSON.stringify({ kind: "relayed", item });

test.each<readonly [string, number, string]>([
  ["no JSON", 200, "<html>"],
  ["nothing", 200, ""],
  ["another kind of word", 200, JSON.stringify({ kind: "surely" })],
  ["an item that is none", 200, relayed({ epoch: 1 })],
  ["an item with a text for a count", 200, relayed({ ...leaseItem(), renewals: "7" })],
  ["a promise that is an error", 500, JSON.stringify({ kind: "promised" })],
  ["a promise that was only accepted", 202, JSON.stringify({ kind: "promised" })],
  ["an error of a proxy", 502, "bad gateway"],
])("an answer of %s is refused, never believed", async (_what, status, body) => {
  const port = await strangeServer((_request, response) => {
    response.writeHead(status).end(body);
  });
  const answer = await peerAt(port).renewFor(itemOf(earth), word);
  expect(answer).toMatchObject({ ok: false, fault: "refused" });
});

test("who answers nothing, or nothing whole, is unreachable after its time", async () => {
  const silent = await strangeServer(() => undefined);
  const halting = await strangeServer((_request, response) => {
    response.writeHead(200).write('{"kind":');
  });
  for (const port of [silent, halting]) {
    const answer = await peerAt(port, { timeoutMs: 200 }).renewFor(itemOf(earth), word);
    expect(answer).toMatchObject({ ok: false, fault: "unreachable" });
  }
});

test("who is not there, or hangs up, is unreachable", async () => {
  const rude = await strangeServer((request) => request.socket.destroy());
  expect(await peerAt(rude).renewFor(itemOf(earth), word)).toMatchObject({ fault: "unreachable" });
  for (const close of closing.splice(0)) await close();
  expect(await peerAt(rude).renewFor(itemOf(earth), word)).toMatchObject({ fault: "unreachable" });
});

test("the question is sent once, whatever happens", async () => {
  let asked = 0;
  const port = await strangeServer((request) => {
    asked += 1;
    request.socket.destroy();
  });
  await peerAt(port).renewFor(itemOf(earth), word);
  expect(asked).toBe(1);
});
