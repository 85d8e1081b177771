//! Goal: what is broken is what the list says, however often a fault is injected and healed.
//! Method: the book over a lab that only notes what is done to it.

import { FaultBook } from "../../lab/world/fault-book.ts";
import type { Breakable } from "../../lab/world/injectors.ts";

function bookOfNotes(): { readonly book: FaultBook; readonly notes: string[] } {
  const notes: string[] = [];
  const mesh = {
    cut: (a: string, b: string) => notes.push(`cut ${a} ${b}`),
    heal: (a: string, b: string) => notes.push(`heal ${a} ${b}`),
    slow: (a: string, b: string, ms: number) => notes.push(`slow ${a} ${b} ${ms}`),
  };
  const region = {
    supervisor: { processes: [{ program: { name: "operator" }, kill: () => notes.push("kill") }] },
  };
  const lab = {
    mesh,
    regionNamed: () => region,
    setArbiter: (isUp: boolean) => notes.push(`arbiter ${isUp}`),
    setRoute53ControlPlane: (isUp: boolean) => notes.push(`route53 ${isUp}`),
  };
  return { book: new FaultBook(lab as unknown as Breakable), notes };
}

test("the same fault twice is one fault, done once", async () => {
  const { book, notes } = bookOfNotes();
  const first = await book.inject({ kind: "arbiter-down" });
  const again = await book.inject({ kind: "arbiter-down" });
  expect(again).toEqual(first);
  expect(book.active).toEqual([first]);
  expect(notes).toEqual(["arbiter false"]);
});

test("a healed fault is gone, and may come again under another name", async () => {
  const { book, notes } = bookOfNotes();
  const first = await book.inject({ kind: "route53-control-plane-down" });
  await book.heal(first.id);
  expect(book.active).toEqual([]);
  const second = await book.inject({ kind: "route53-control-plane-down" });
  expect(second.id).not.toBe(first.id);
  expect(notes).toEqual(["route53 false", "route53 true", "route53 false"]);
});

test("healing one of two cuts of a link leaves the other in force", async () => {
  const { book, notes } = bookOfNotes();
  const both = await book.inject({ kind: "link-cut", from: "a", to: "b", oneWay: false });
  await book.inject({ kind: "link-cut", from: "a", to: "b", oneWay: true });
  await book.heal(both.id);
  expect(notes.at(-1)).toBe("cut a b");
  expect(book.active.map(({ id }) => id)).toEqual(["fault-2"]);
});

test("a killed program that is started again is no fault that lasts", async () => {
  const { book, notes } = bookOfNotes();
  const killed = await book.inject({ kind: "process-kill", process: "operator", region: "a" });
  expect(killed.text).toContain("killed");
  expect(notes).toEqual(["kill"]);
  expect(book.active).toEqual([]);
});

test("healing what is not there changes nothing", async () => {
  const { book, notes } = bookOfNotes();
  await book.heal("fault-9");
  expect(notes).toEqual([]);
});
