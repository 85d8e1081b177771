//! Goal: a link does to bytes what its sites' paths say: late, held, lost, refused, reset; and
//! nothing else.
//! Method: small TCP servers behind links. Delays are compared with each other, not with the clock.

import { connect, createServer } from "node:net";
import type { AddressInfo, Server, Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";

import type { Address } from "../../lab/descriptor.ts";
import type { Link } from "../../lab/links/link.ts";
import { Mesh } from "../../lab/links/mesh.ts";
import { eventually, host } from "./postgres-fixture.ts";

let mesh: Mesh;
const servers: Server[] = [];
const sockets: Socket[] = [];

beforeEach(() => {
  mesh = meshOf(0);
});
afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  await mesh.close();
  await Promise.all(servers.splice(0).map((one) => new Promise((done) => one.close(done))));
});

function meshOf(distanceMs: number): Mesh {
  return new Mesh({ sites: ["a", "b", "c"], oneWayMs: () => distanceMs });
}

/** What one end of a connection has seen. */
interface End {
  readonly socket: Socket;
  text: string;
  bytes: number;
  ended: boolean;
  closed: boolean;
  code: string | undefined;
}

function endOf(socket: Socket): End {
  const end: End = { socket, text: "", bytes: 0, ended: false, closed: false, code: undefined };
  sockets.push(socket);
  socket.on("data", (data: Buffer) => {
    end.bytes += data.length;
    if (end.bytes < 10_000) end.text += data.toString();
  });
  socket.on("end", () => {
    end.ended = true;
  });
  socket.on("error", (error: NodeJS.ErrnoException) => {
    end.code = error.code;
  });
  socket.on("close", () => {
    end.closed = true;
  });
  return end;
}

interface Service extends Address {
  readonly accepted: readonly End[];
}

/** A server at site b. `serve` sees every connection. */
async function service(serve: (end: End) => void = () => undefined): Promise<Service> {
  const accepted: End[] = [];
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    const end = endOf(socket);
    accepted.push(end);
    serve(end);
  });
  servers.push(server);
  await new Promise<void>((resolve) => {
    server.listen(0, host, resolve);
  });
  return { host, port: (server.address() as AddressInfo).port, accepted };
}

const echo = ({ socket }: End) => {
  socket.on("data", (data: Buffer) => socket.write(data));
  socket.on("end", () => socket.end());
};

function open(target: () => Address | undefined): Promise<Link> {
  return mesh.open({ name: "test", from: "a", to: "b", listen: { host, port: 0 }, target });
}

function call({ port }: Link): End {
  return endOf(connect({ host, port, allowHalfOpen: true, noDelay: true }));
}

async function answered(end: End, text: string): Promise<void> {
  await eventually(`${text} is answered`, () => end.text === text);
}

test("bytes and half-closes pass both ways, each in order", async () => {
  const target = await service(({ socket }) => {
    let asked = "";
    socket.on("data", (data: Buffer) => (asked += data.toString()));
    socket.on("end", () => socket.end(`you said ${asked}`));
  });
  const caller = call(await open(() => target));
  caller.socket.write("one ");
  caller.socket.end("two");
  await answered(caller, "you said one two");
  await eventually(
    "both ends are closed",
    () => caller.closed && target.accepted[0]?.closed === true,
  );
  expect(caller.code).toBeUndefined();
});

test("distance costs a round trip to connect and another one to be answered", async () => {
  mesh = meshOf(60);
  const target = await service(echo);
  const link = await open(() => target);
  const startMs = performance.now();
  const caller = call(link);
  caller.socket.write("x");
  await answered(caller, "x");
  // A timer may fire a moment early.
  expect(performance.now() - startMs).toBeGreaterThan(4 * 60 - 5);

  caller.socket.write("y");
  const secondMs = performance.now();
  await answered(caller, "xy");
  expect(performance.now() - secondMs).toBeGreaterThan(2 * 60 - 3);
});

test("a link that is slow in addition says so to models, and gets quick again", async () => {
  mesh = meshOf(3);
  expect(mesh.oneWayMs("a", "b")).toBe(3);
  expect(mesh.oneWayMs("a", "a")).toBe(0);
  mesh.slow("a", "b", 200);
  expect([mesh.oneWayMs("a", "b"), mesh.oneWayMs("b", "a")]).toEqual([203, 203]);

  const target = await service(echo);
  const link = await open(() => target);
  const caller = call(link);
  caller.socket.write("x");
  const startMs = performance.now();
  await answered(caller, "x");
  expect(performance.now() - startMs).toBeGreaterThan(790);
  mesh.slow("a", "b", 0);
  expect(mesh.oneWayMs("b", "a")).toBe(3);
});

test("jitter comes from the function it was given, and never changes the order", async () => {
  const chances = [0.9, 0.1, 0.8, 0, 0.5, 0.2];
  let asked = 0;
  const random = () => chances[(asked += 1) % chances.length] ?? 0;
  mesh = new Mesh({ sites: ["a", "b"], oneWayMs: () => 1, random });
  mesh.change("a", "b", { jitterMs: 40 });
  const target = await service();
  const caller = call(await open(() => target));
  for (let count = 0; count < 20; count += 1) {
    caller.socket.write(`${count} `);
    await sleep(3);
  }
  const all = Array.from({ length: 20 }, (_, index) => `${index} `).join("");
  await eventually("all has arrived", () => target.accepted[0]?.text === all);
  expect(asked).toBeGreaterThan(5);
});

test("bandwidth is shared by all connections of a path, and only of that direction", async () => {
  // 100 kB at 1.6 Mbit/s take half a second, whichever connections they are on.
  mesh.change("b", "a", { bandwidthBitsPerSecond: 1_600_000 });
  const target = await service(({ socket }) => socket.end(Buffer.alloc(50_000)));
  const link = await open(() => target);
  const startMs = performance.now();
  const callers = [call(link), call(link)];
  await eventually("both are served", () => callers.every(({ bytes }) => bytes === 50_000));
  expect(performance.now() - startMs).toBeGreaterThan(480);
});

test("a receiver that reads nothing stops the sender, and loses nothing", async () => {
  const target = await service(({ socket }) => socket.pause());
  const caller = call(await open(() => target));
  const chunk = Buffer.alloc(1024 * 1024, "x");
  let sent = 0;
  const send = () => {
    while (sent < 64 && caller.socket.write(chunk)) sent += 1;
    if (sent < 64) {
      sent += 1;
      caller.socket.once("drain", send);
    } else {
      caller.socket.end();
    }
  };
  send();
  await sleep(500);
  // Queue, both sockets of the link and the kernel's buffers hold some of it, but not all.
  expect(sent).toBeLessThan(50);

  target.accepted[0]?.socket.resume();
  await eventually("all has arrived", () => target.accepted[0]?.ended === true);
  expect(target.accepted[0]?.bytes).toBe(sent * chunk.length);
});

test("a cut holds what is sent, silently, and the healed path delivers it", async () => {
  mesh = meshOf(5);
  const target = await service(echo);
  const caller = call(await open(() => target));
  caller.socket.write("before ");
  await answered(caller, "before ");
  mesh.cut("a", "b");
  caller.socket.write("held ");
  await sleep(150);
  expect([caller.text, target.accepted[0]?.text]).toEqual(["before ", "before "]);
  expect(caller.closed).toBe(false);

  mesh.heal("a", "b");
  await answered(caller, "before held ");
});

test("what was under way when the path was cut waits as well", async () => {
  mesh = meshOf(100);
  const target = await service();
  const caller = call(await open(() => target));
  await eventually("it is connected", () => target.accepted.length === 1);
  await sleep(150);
  caller.socket.write("x");
  await sleep(20);
  mesh.cut("a", "b");
  await sleep(250);
  expect(target.accepted[0]?.text).toBe("");
  mesh.heal("a", "b");
  const healedMs = performance.now();
  await eventually("it arrives", () => target.accepted[0]?.text === "x");
  // The whole way once more.
  expect(performance.now() - healedMs).toBeGreaterThan(95);
});

test("a one-way cut lets the other direction through", async () => {
  const target = await service();
  const caller = call(await open(() => target));
  await eventually("it is connected", () => target.accepted.length === 1);
  mesh.cut("a", "b", { oneWay: true });
  expect([mesh.reachable("a", "b"), mesh.reachable("b", "a")]).toEqual([false, true]);
  caller.socket.write("request");
  target.accepted[0]?.socket.write("news");
  await answered(caller, "news");
  expect(target.accepted[0]?.text).toBe("");

  mesh.heal("b", "a");
  await eventually("the request arrives", () => target.accepted[0]?.text === "request");
});

test("a connection made during a cut is accepted, silent, and served after the heal", async () => {
  const target = await service(echo);
  const link = await open(() => target);
  mesh.cut("b", "a");
  const caller = call(link);
  caller.socket.write("patient");
  await sleep(100);
  expect([target.accepted.length, caller.text, caller.closed]).toEqual([0, "", false]);
  mesh.heal("b", "a");
  await answered(caller, "patient");
});

test("callers that give up during a cut never trouble the target", async () => {
  const target = await service(echo);
  const link = await open(() => target);
  mesh.cut("a", "b");
  const impatient = [call(link), call(link), call(link)];
  for (const { socket } of impatient) socket.write("hello?");
  await eventually("they are accepted", () => link.connections === 3);
  for (const { socket } of impatient) socket.end();
  await eventually("they are forgotten", () => link.connections === 0);
  mesh.heal("a", "b");
  await sleep(50);
  expect(target.accepted).toHaveLength(0);
});

test("a target that is not there refuses, after a round trip", async () => {
  mesh = meshOf(30);
  const link = await open(() => undefined);
  const nobody = await open(() => ({ host, port: 1 }));
  for (const each of [link, nobody]) {
    const startMs = performance.now();
    const caller = call(each);
    await eventually("it is refused", () => caller.closed);
    expect(caller.code).toBe("ECONNRESET");
    expect(performance.now() - startMs).toBeGreaterThan(55);
  }
});

test("the target is asked for again with every connection", async () => {
  const [first, second] = [await service(echo), await service(echo)];
  let turn = 0;
  const link = await open(() => [first, second][(turn += 1) % 2]);
  const callers = [call(link), call(link), call(link), call(link)];
  for (const { socket } of callers) socket.write("x");
  await Promise.all(callers.map((caller) => answered(caller, "x")));
  expect([first.accepted.length, second.accepted.length]).toEqual([2, 2]);
});

test("a side that breaks off is noticed by the other one", async () => {
  const target = await service();
  const link = await open(() => target);
  const caller = call(link);
  await eventually("it is connected", () => target.accepted.length === 1);
  caller.socket.resetAndDestroy();
  await eventually("the target sees it", () => target.accepted[0]?.closed === true);

  const other = call(link);
  await eventually("it is connected", () => target.accepted.length === 2);
  target.accepted[1]?.socket.resetAndDestroy();
  await eventually("the caller sees it", () => other.closed);
  expect(other.code).toBe("ECONNRESET");
  await eventually("the link has forgotten both", () => link.connections === 0);
});

test("refusal resets new connections and leaves old ones; reset takes all", async () => {
  const target = await service(echo);
  const link = await open(() => target);
  const old = call(link);
  old.socket.write("1");
  await answered(old, "1");

  mesh.refuse("a", "b");
  const refused = call(link);
  await eventually("the new one is reset", () => refused.closed);
  old.socket.write("2");
  await answered(old, "12");

  mesh.reset("a", "b");
  await eventually("the old one is reset", () => old.closed);
  expect(old.code).toBe("ECONNRESET");
  mesh.heal("a", "b");
  const again = call(link);
  again.socket.write("3");
  await answered(again, "3");
});

test("a dark site loses what is under way and is silent until it is light again", async () => {
  mesh = meshOf(80);
  const target = await service(echo);
  const link = await open(() => target);
  const old = call(link);
  old.socket.write("seen");
  await answered(old, "seen");

  old.socket.write("lost");
  await sleep(20);
  mesh.dark("b");
  expect(link.counters.droppedBytes).toBe(4);
  const meanwhile = call(link);
  meanwhile.socket.write("hello?");
  await sleep(200);
  expect(target.accepted[0]?.text).toBe("seen");
  target.accepted[0]?.socket.destroy();
  await sleep(200);
  expect(target.accepted).toHaveLength(1);
  expect([old.closed, meanwhile.closed]).toEqual([false, false]);
  expect([mesh.reachable("a", "b"), mesh.reachable("b", "c"), mesh.reachable("a", "c")]).toEqual([
    false,
    false,
    true,
  ]);

  mesh.light("b");
  await eventually("both are reset", () => old.closed && meanwhile.closed);
  const again = call(link);
  again.socket.write("back");
  await answered(again, "back");
});

test("a caller of a dark site that gives up is forgotten", async () => {
  const target = await service(echo);
  const link = await open(() => target);
  mesh.dark("b");
  const caller = call(link);
  await eventually("it is accepted", () => link.connections === 1);
  caller.socket.end();
  await eventually("it is forgotten", () => link.connections === 0);
  expect(target.accepted).toHaveLength(0);
});

test("a cut and the dark are independent: light does not heal, heal does not light", () => {
  mesh.cut("a", "b");
  mesh.dark("b");
  mesh.heal("a", "b");
  expect(mesh.reachable("a", "b")).toBe(false);
  mesh.cut("a", "b");
  mesh.light("b");
  expect(mesh.reachable("a", "b")).toBe(false);
  mesh.heal("a", "b");
  expect(mesh.reachable("a", "b")).toBe(true);
});

test("links between other sites do not notice a fault", async () => {
  const target = await service(echo);
  const props = { name: "other", from: "a", to: "c", listen: { host, port: 0 } };
  const caller = call(await mesh.open({ ...props, target: () => target }));
  mesh.cut("a", "b");
  mesh.dark("b");
  mesh.reset("b", "c");
  caller.socket.write("x");
  await answered(caller, "x");
  expect(mesh.reachable("a", "c")).toBe(true);
});

test("a port that is taken is named, and so is a site that is not there", async () => {
  const target = await service();
  const listen = { host, port: target.port };
  const props = { name: "test", from: "a", to: "b", target: () => target };
  await expect(mesh.open({ ...props, listen })).rejects.toThrow(`port ${target.port} on ${host}`);
  const nowhere = { ...props, to: "nowhere", listen: { host, port: 0 } };
  await expect(mesh.open(nowhere)).rejects.toThrow(/no site named nowhere: there are a, b, c/);
});

test("a closed link resets what is open and accepts no more", async () => {
  const target = await service();
  const link = await open(() => target);
  const caller = call(link);
  await eventually("it is connected", () => target.accepted.length === 1);
  await link.close();
  await link.close();
  await eventually("it is reset", () => caller.closed);
  const late = call(link);
  await eventually("nobody listens", () => late.closed);
  expect(late.code).toBe("ECONNREFUSED");
});
