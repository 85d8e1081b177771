//! Goal: the table of mutants stays true: each is a patch of today's code, for a drill that exists.
//! Method: the table against the files and the registry. Whether a drill sees them, `npm run mutants`
//! finds out.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parsePlannedFault } from "../../lab/drill/fault-plan.ts";
import { scenarios } from "../../lab/drill/scenarios/registry.ts";
import { mutants, mutate, nameOfDrill, type Mutant } from "../mutants/mutants.ts";

const repository = join(__dirname, "..", "..");
const named = mutants.map((mutant) => [mutant.name, mutant] as const);

describe.each(named)("%s", (_name, mutant) => {
  const { drill, file, name, replacement, text } = mutant;

  test("is a patch of one text that is in its file exactly once", () => {
    const source = readFileSync(join(repository, file), "utf8");
    const mutated = mutate(source, mutant);
    expect(mutated).toMatchObject({ ok: true });
    expect(mutated).not.toEqual({ ok: true, text: source });
    expect(replacement).not.toBe(text);
  });

  test("changes the product and nothing that judges it", () => {
    expect(file).toMatch(/^(failover|operator|app|topology)\//);
  });

  test("is looked for by a drill that exists, under a name of its own", () => {
    expect(scenarios.map((scenario) => scenario.name)).toContain(drill.scenario);
    const also = drill.also ?? [];
    expect(also.map(parsePlannedFault).every(({ ok }) => ok)).toBe(true);
    expect(mutants.filter((each) => each.name === name)).toHaveLength(1);
  });
});

const made: Mutant = {
  name: "made-up",
  breaks: "everything",
  file: "some/file.ts",
  text: "a && b",
  replacement: "a || $& b",
  drill: { scenario: "region-loss", also: ["5:arbiter-down"] },
  claim: /./,
};

test("a patch replaces the text as it stands, without patterns", () => {
  expect(mutate("if (a && b) {}", made)).toEqual({ ok: true, text: "if (a || $& b) {}" });
});

test.each([
  ["is gone", "if (a) {}", 0],
  ["is there twice", "(a && b) || (a && b)", 2],
])("a text that %s is no patch", (_how, source, times) => {
  expect(mutate(source, made)).toEqual({
    ok: false,
    problem: `some/file.ts has the text ${times} times, not once`,
  });
});

test("a drill is named with the faults beside it", () => {
  expect(nameOfDrill(made.drill)).toBe('region-loss with "5:arbiter-down"');
  expect(nameOfDrill({ scenario: "partition" })).toBe("partition");
});
