//! What is wrong with a topology, in one form for people and programs: where, what, the value that
//! was given and the values that are allowed. Nothing here throws.

export interface Problem {
  /** Place in the topology such as `regions.us-east-1.cidr`; in a syntax error `file:line:column`. */
  readonly path: string;
  /** What is wrong and, where it is not plain, why that matters. */
  readonly problem: string;
  readonly given: string;
  readonly allowed: string;
  /** Lines of a longer explanation, such as a sum phase by phase. */
  readonly details?: readonly string[];
}

/** The path of a problem with the value as a whole. */
export const wholeFile = "(whole file)";

/** Every problem under its place, for a terminal. */
export function formatProblems(problems: readonly Problem[]): string {
  const count = problems.length === 1 ? "1 problem" : `${problems.length} problems`;
  return `${count}\n\n${problems.map(formatProblem).join("\n")}`;
}

function formatProblem({ path, problem, given, allowed, details }: Problem): string {
  const lines = [`  ${path}`, `    ${problem}`, `    given:   ${given}`, `    allowed: ${allowed}`];
  if (details !== undefined) lines.push("", ...details.map((line) => `    ${line}`.trimEnd()));
  return `${lines.join("\n")}\n`;
}

const shownLengthMax = 100;

/** A value as its author would recognise it; one line of bounded length, whatever it is. */
export function shown(value: unknown): string {
  if (value === undefined) return "nothing";
  if (value === null) return "null (an empty value)";
  const full = typeof value === "number" ? String(value) : jsonOf(value);
  return full.length <= shownLengthMax ? full : `${full.slice(0, shownLengthMax - 1)}…`;
}

function jsonOf(value: unknown): string {
  try {
    return JSON.stringify(value) ?? typeof value;
  } catch {
    return `a value that is not plain data (${typeof value})`;
  }
}

/** `a`, `a or b`, `a, b or c`. */
export function anyOf(texts: readonly string[]): string {
  if (texts.length < 2) return texts.join("");
  return `${texts.slice(0, -1).join(", ")} or ${texts.at(-1)}`;
}

/** Durations as people say them: `400 ms`, `1.5 s`. */
export function spoken(durationMs: number): string {
  if (durationMs < 1_000) return `${durationMs} ms`;
  return `${Number((durationMs / 1_000).toFixed(3))} s`;
}
