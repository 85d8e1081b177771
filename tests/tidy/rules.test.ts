//! Goal: rules of the house that no linter knows.
//! Method: read the source files and look for what must not be there.

import { existsSync } from "node:fs";
import { join } from "node:path";
import { readSources, root, sourceFolders, type SourceFile } from "./sources.ts";

const everything = readSources(...sourceFolders, "tests", "tools");
const product = readSources(...sourceFolders);

function hits(files: readonly SourceFile[], pattern: RegExp): readonly string[] {
  return files.flatMap(({ path, code }) => {
    const found = code.match(pattern);
    return found === null ? [] : [`${path}: ${found[0]}`];
  });
}

test("the core has no clock, no chance, no environment, no timer, no logger", () => {
  const banned =
    /\b(Date\.|new Date|performance\.|Math\.random|randomUUID|setTimeout|setInterval|setImmediate|process\.|console\.)/;
  expect(
    hits(readSources("failover", "topology"), banned).filter(
      (hit) => !hit.startsWith("topology/main"),
    ),
  ).toEqual([]);
});

test("the core imports no package but the topology's own", () => {
  expect(hits(readSources("failover"), /from "[^.][^"]*"/)).toEqual([]);
});

test("only a main.ts reads the environment", () => {
  const others = product.filter(({ path }) => !path.endsWith("/main.ts"));
  expect(hits(others, /process\.env\b/)).toEqual([]);
});

test("regions are named in the topology and nowhere else", () => {
  const others = product.filter(({ folder }) => folder !== "topology");
  const region = /["'`/.](us|eu|ap|sa|ca|me|af|il|mx)-(north|south|east|west|central)\w*-\d\b/;
  expect(hits(others, region)).toEqual([]);
});

const linesMax = (folder: string): number => (folder === "tests" ? 550 : 320);

test("no file is longer than 320 lines; tables of tests may have 550", () => {
  const long = everything.filter(({ folder, lines }) => lines.length > linesMax(folder) + 1);
  expect(long.map(({ path, lines }) => `${path}: ${lines.length - 1}`)).toEqual([]);
});

test("no line is longer than 106 columns, texts apart; the formatter holds code to 100", () => {
  const long = everything.flatMap(({ path, lines }) =>
    lines.flatMap((line, index) =>
      line.length > 106 && !/["'`|]/.test(line) ? [`${path}:${index + 1}`] : [],
    ),
  );
  expect(long).toEqual([]);
});

test("every file opens by saying what it is for", () => {
  const silent = everything.filter(({ lines }) => {
    const first = lines[0]?.startsWith("#!") === true ? lines[1] : lines[0];
    return first?.startsWith("//! ") !== true;
  });
  expect(silent.map(({ path }) => path)).toEqual([]);
});

test("no folder or file is called utils, helpers, manager, common, data or info", () => {
  const vague = everything.filter(({ path }) =>
    /(^|\/)(utils?|helpers?|managers?|common|data|info)(\/|\.|$)/.test(path),
  );
  expect(vague.map(({ path }) => path)).toEqual([]);
});

test.each(["README.md", "LICENSE", "CONTRIBUTING.md", "CHANGELOG.md", ".ci/run"])(
  "the repository has its %s",
  (name) => {
    expect(existsSync(join(root, name))).toBe(true);
  },
);
