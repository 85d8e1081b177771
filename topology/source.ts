//! Reads a file and parses its text: YAML, or JSON as a strict relative of it. Whatever is wrong
//! comes back as problems with line and column; nothing throws.

import { readFileSync, statSync, type Stats } from "node:fs";
import { basename, extname, resolve } from "node:path";
import { parseDocument } from "yaml";
import { jsonErrorOffset } from "./json-error.ts";
import type { Problem } from "./problem.ts";

export type Source =
  | { readonly ok: true; readonly value: unknown }
  | { readonly ok: false; readonly problems: readonly Problem[] };

/** No topology is anywhere near this; a log file given by mistake is. */
export const fileBytesMax = 1_048_576;

/** The plain value that a file describes. */
export function readSource(file: string): Source {
  const read = readText(file);
  if (!read.ok) return read;
  const name = basename(file);
  return isJson(name) ? parseJson(read.text, name) : parseYaml(read.text, name);
}

type ReadText = { readonly ok: true; readonly text: string } | Extract<Source, { ok: false }>;

function readText(file: string): ReadText {
  try {
    const found = statSync(file);
    const objection = objectionTo(file, found);
    if (objection !== null)
      return refused(file, objection, `${resolve(file)}, ${found.size} bytes`);
    const text = new TextDecoder("utf-8", { fatal: true }).decode(readFileSync(file));
    if (text.trim() !== "") return { ok: true, text };
    return refused(file, "is empty", `${found.size} bytes`);
  } catch (error) {
    return refused(file, readFailure(error), resolve(file));
  }
}

function objectionTo(file: string, found: Stats): string | null {
  if (found.isDirectory()) return "is a directory";
  if (!found.isFile()) return "is not a regular file";
  if (!extensions.includes(extname(file).toLowerCase())) {
    return `has the ending "${extname(file)}", which says neither YAML nor JSON`;
  }
  return found.size > fileBytesMax ? "is too large for a topology" : null;
}

const extensions: readonly string[] = [".yaml", ".yml", ".json"];

function isJson(name: string): boolean {
  return name.toLowerCase().endsWith(".json");
}

/** Why a file could not be read, in words. */
export function readFailure(error: unknown): string {
  const hasCode = typeof error === "object" && error !== null && "code" in error;
  const code = hasCode ? String(error.code) : String(error);
  return readFailures[code] ?? `cannot be read (${code})`;
}

const readFailures: Readonly<Record<string, string>> = {
  ENOENT: "does not exist",
  ENOTDIR: "does not exist",
  EACCES: "cannot be read: permission denied",
  EPERM: "cannot be read: permission denied",
  ERR_ENCODING_INVALID_ENCODED_DATA: "is not a text in UTF-8",
};

export const allowedFiles = "a readable file that ends in .yaml, .yml or .json";

function refused(path: string, problem: string, given: string): Extract<Source, { ok: false }> {
  return { ok: false, problems: [{ path, problem, given, allowed: allowedFiles }] };
}

/** The value of a YAML text; `name` is what the file is called in the problems. */
export function parseYaml(text: string, name: string): Source {
  const document = parseDocument(text, parserOptions);
  const problems = [...document.errors, ...document.warnings].map(({ code, message, pos }) =>
    syntaxProblem(text, { name, offset: pos[0], ...(wordsFor[code] ?? asTheParserSays(message)) }),
  );
  if (problems.length > 0) return { ok: false, problems };
  try {
    return { ok: true, value: document.toJS() as unknown };
  } catch (error) {
    // Aliases are resolved only here: one that is unknown, or so many that they fill the memory.
    const words = asTheParserSays(error instanceof Error ? error.message : String(error));
    return { ok: false, problems: [syntaxProblem(text, { name, offset: 0, ...words })] };
  }
}

const parserOptions = { prettyErrors: false, logLevel: "error", uniqueKeys: true } as const;

/** Clearer words for the mistakes that people make; the parser's own for the rest. */
const wordsFor: Readonly<Record<string, Pick<Problem, "problem" | "allowed">>> = {
  DUPLICATE_KEY: {
    problem: "this key is there twice, and only one of them would count",
    allowed: "every key once",
  },
  MULTIPLE_DOCS: { problem: "a second document begins", allowed: "one topology in one file" },
  TAB_AS_INDENT: { problem: "a tab indents the line", allowed: "spaces" },
};

function asTheParserSays(message: string): Pick<Problem, "problem" | "allowed"> {
  return { problem: message, allowed: "well-formed YAML" };
}

/** The value of a JSON text, which must not name a key twice. */
export function parseJson(text: string, name: string): Source {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    const problem = error instanceof Error ? error.message : String(error);
    const offset = jsonErrorOffset(text, problem);
    const place = { name, offset, problem, allowed: "well-formed JSON" };
    return { ok: false, problems: [syntaxProblem(text, place)] };
  }
  // JSON.parse keeps the last of two equal keys and says nothing; YAML's parser names them.
  const problems = parseDocument(text, parserOptions)
    .errors.filter(({ code }) => code === "DUPLICATE_KEY")
    .map(({ code, message, pos }) => {
      const words = wordsFor[code] ?? asTheParserSays(message);
      return syntaxProblem(text, { name, offset: pos[0], ...words });
    });
  return problems.length === 0 ? { ok: true, value } : { ok: false, problems };
}

interface SyntaxError extends Pick<Problem, "problem" | "allowed"> {
  readonly name: string;
  readonly offset: number;
}

function syntaxProblem(text: string, { name, offset, problem, allowed }: SyntaxError): Problem {
  const before = text.slice(0, offset).split("\n");
  const column = (before.at(-1)?.length ?? 0) + 1;
  const line = text.split("\n")[before.length - 1]?.trim() ?? "";
  return {
    path: `${name}:${before.length}:${column}`,
    problem: `line ${before.length}, column ${column}: ${problem}`,
    given: line === "" ? "(an empty line)" : line.slice(0, 100),
    allowed,
  };
}
