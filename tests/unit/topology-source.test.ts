//! Goal: a file that cannot be read or is not well-formed is refused with its place and in clear
//! words, and nothing throws. Method: real files in a folder of their own, and texts.

import * as fc from "fast-check";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { jsonErrorOffset } from "../../topology/json-error.ts";
import { loadTopology, findTopology } from "../../topology/load.ts";
import { usTopology } from "../../topology/production.ts";
import {
  allowedFiles,
  fileBytesMax,
  parseJson,
  parseYaml,
  readFailure,
} from "../../topology/source.ts";

let folder = "";
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "switchback-topology-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function fileWith(name: string, content: string | Uint8Array): string {
  const file = join(folder, name);
  writeFileSync(file, content);
  return file;
}

test.each(["a.json", "a.yaml", "a.yml", "A.YAML", "A.JSON"])(
  "the same topology is read from %s",
  (name) => {
    const file = fileWith(name, JSON.stringify(usTopology, null, 2));
    expect(loadTopology(file)).toEqual({ ok: true, topology: usTopology });
    expect(findTopology(file)).toEqual({ ok: true, topology: usTopology });
  },
);

test("a byte order mark and Windows line ends do no harm", () => {
  const text = `\uFEFF${JSON.stringify(usTopology, null, 2).replaceAll("\n", "\r\n")}`;
  expect(loadTopology(fileWith("bom.json", text)).ok).toBe(true);
  expect(loadTopology(fileWith("bom.yaml", text)).ok).toBe(true);
});

test("a file that cannot be read is refused with the place that was looked at", () => {
  const missing = join(folder, "missing.yaml");
  mkdirSync(join(folder, "folder.yaml"));
  const inner = join(fileWith("plain.yaml", "a: 1"), "inner.yaml");
  const rows = [
    [missing, "does not exist", missing],
    [inner, "does not exist", inner],
    [join(folder, "folder.yaml"), "is a directory", "folder.yaml"],
    [fileWith("empty.yaml", ""), "is empty", "0 bytes"],
    [fileWith("blank.json", " \n\t\n"), "is empty", "4 bytes"],
    [fileWith("notes.txt", "x"), 'has the ending ".txt", which says neither', "notes.txt"],
    [fileWith("bare", "x"), 'has the ending "", which says neither', "bare"],
    [fileWith("latin.yaml", new Uint8Array([0x61, 0xe9, 0x0a])), "is not a text in UTF-8", "latin"],
    [
      fileWith("log.json", "x".repeat(fileBytesMax + 1)),
      "is too large",
      `${fileBytesMax + 1} bytes`,
    ],
  ] as const;
  for (const [file, problem, given] of rows) {
    expect(loadTopology(file)).toMatchObject({
      ok: false,
      problems: [
        {
          path: file,
          problem: expect.stringContaining(problem),
          given: expect.stringContaining(given),
          allowed: allowedFiles,
        },
      ],
    });
  }
});

test("failures of the file system are put into words", () => {
  expect(readFailure({ code: "EACCES" })).toBe("cannot be read: permission denied");
  expect(readFailure({ code: "EIO" })).toBe("cannot be read (EIO)");
  expect(readFailure("odd")).toBe("cannot be read (odd)");
});

test("a name without ending that is not built in is answered with the names that are", () => {
  expect(findTopology("lbb")).toMatchObject({
    ok: false,
    problems: [
      {
        path: "lbb",
        problem: "is neither a built-in topology nor a file; did you mean lab?",
        allowed: "lab, ap or us, or a file that ends in .yaml, .yml or .json",
      },
    ],
  });
  expect(findTopology("somewhere")).toMatchObject({
    problems: [{ problem: "is neither a built-in topology nor a file" }],
  });
});

test.each([
  [
    "a duplicate key",
    "a: 1\nb: 2\na: 3\n",
    { path: "x.yaml:3:1", given: "a: 3", allowed: "every key once" },
  ],
  [
    "a nested duplicate key",
    "a:\n  b: 1\n  b: 2\n",
    { path: "x.yaml:3:3", given: "b: 2", allowed: "every key once" },
  ],
  ["a tab", "a:\n\tb: 1\n", { path: "x.yaml:2:1", given: "b: 1", allowed: "spaces" }],
  [
    "a second document",
    "a: 1\n---\nb: 1\n",
    { path: "x.yaml:2:1", given: "---", allowed: "one topology in one file" },
  ],
  [
    "an open quote",
    'a: "b\n',
    { path: "x.yaml:2:1", given: "(an empty line)", allowed: "well-formed YAML" },
  ],
  [
    "an open bracket",
    "a: [1, 2\nb: 3\n",
    { path: "x.yaml:2:1", given: "b: 3", allowed: "well-formed YAML" },
  ],
  [
    "an unknown tag",
    "a: !shell x\n",
    { path: "x.yaml:1:4", given: "a: !shell x", allowed: "well-formed YAML" },
  ],
])("YAML with %s is refused with line and column", (_, text, expected) => {
  const source = parseYaml(text, "x.yaml");
  const problems = source.ok ? [] : source.problems;
  expect(problems[0]).toMatchObject(expected);
  const [, line, column] = expected.path.split(":");
  expect(problems[0]?.problem).toMatch(new RegExp(`^line ${line}, column ${column}: .+`));
});

test("several mistakes in one YAML text are all reported", () => {
  const source = parseYaml("a: 1\na: 2\nb: 1\nb: 2\n", "x.yaml");
  expect(source.ok ? [] : source.problems.map(({ path }) => path)).toEqual([
    "x.yaml:2:1",
    "x.yaml:4:1",
  ]);
});

test("aliases that would fill the memory, or point nowhere, are refused", () => {
  const levels = "bcdefghi".split("").map((name, at) => {
    const inner = Array(9).fill(`*${"abcdefgh"[at]}`).join(", ");
    return `${name}: &${name} [${inner}]`;
  });
  for (const text of [`a: &a [x]\n${levels.join("\n")}\n`, "a: *nothing\n"]) {
    expect(parseYaml(text, "x.yaml")).toMatchObject({ ok: false, problems: [{}] });
  }
});

test.each([
  ["a missing comma", '{\n  "a": 1\n  "b": 2\n}', "x.json:3:3", '"b": 2'],
  ["a bare word", '{"a": abc}', "x.json:1:7", '{"a": abc}'],
  ["a comma at the end of a list", '{\n"a": [1,\n]}', "x.json:3:1", "]}"],
  ["a comma at the end of an object", '{"a": 1,}', "x.json:1:9", '{"a": 1,}'],
  ["a comment", '{\n// x\n"a": "//"}', "x.json:2:1", "// x"],
  ["single quotes", "{'a': 1}", "x.json:1:2", "{'a': 1}"],
  ["text behind the end", '{"a": "}"}\n}', "x.json:2:1", "}"],
  ["the end missing", '{"a": 1', "x.json:1:8", '{"a": 1'],
])("JSON with %s is refused with line and column", (_, text, path, given) => {
  const source = parseJson(text, "x.json");
  const problems = source.ok ? [] : source.problems;
  expect(problems).toMatchObject([{ path, given, allowed: "well-formed JSON" }]);
});

test("JSON that names a key twice is refused, where JSON.parse alone would say nothing", () => {
  expect(parseJson('{"a": 1,\n "a": 2}', "x.json")).toMatchObject({
    ok: false,
    problems: [{ path: "x.json:2:2", allowed: "every key once" }],
  });
});

/** Where `jsonErrorOffset` sees the mistake; `null` for a text that is well-formed after all. */
function offsetIn(text: string): number | null {
  try {
    JSON.parse(text);
    return null;
  } catch (error) {
    return jsonErrorOffset(text, (error as Error).message);
  }
}

test("wherever a JSON text is spoilt, what lies before the place named is not to blame", () => {
  const text = JSON.stringify(usTopology.lease);
  const spoiler = fc.constantFrom("@", "{", "}", "[", "]", ",", ":", "x", "'");
  fc.assert(
    fc.property(fc.nat(text.length - 1), spoiler, (at, spoilt) => {
      const broken = text.slice(0, at) + spoilt + text.slice(at + 1);
      const offset = offsetIn(broken);
      fc.pre(offset !== null);
      expect(offset).toBeGreaterThanOrEqual(0);
      // A start of some JSON text fails, if at all, only at its own end.
      const start = broken.slice(0, offset);
      expect([null, start.length]).toContain(offsetIn(start));
    }),
  );
});

const yamlCharacters = "{}[]:,-&*!|>'\"#%@ \n\tab1".split("");

test("no text whatever makes a parser throw", () => {
  const texts = fc.oneof(fc.string(), fc.string({ unit: fc.constantFrom(...yamlCharacters) }));
  fc.assert(
    fc.property(texts, (text) => {
      for (const source of [parseYaml(text, "x.yaml"), parseJson(text, "x.json")]) {
        if (source.ok) continue;
        expect(source.problems.length).toBeGreaterThan(0);
        for (const { path } of source.problems) expect(path).toMatch(/^x\.(yaml|json):\d+:\d+$/);
      }
    }),
  );
});
