//! Finds the operators and the secret: by option, by environment, or by a lab that runs here. One
//! that does not answer is passed over, since it may have gone with its region.

import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import * as z from "zod";

export class UsageError extends Error {
  override readonly name = "UsageError";
}

export interface Reach {
  /** Base addresses, the first that answers is asked. */
  readonly operators: readonly string[];
  readonly token: string;
}

export interface ReachOptions {
  readonly operator?: readonly string[];
  readonly tokenFile?: string;
  readonly folder: string;
}

const lab = z.object({
  operatorToken: z.string(),
  regions: z.record(z.string(), z.object({ operator: z.string() })),
});

export function findReach({ folder, operator, tokenFile }: ReachOptions): Reach {
  const file = join(folder, "lab.json");
  const running = existsSync(file) ? lab.parse(JSON.parse(readFileSync(file, "utf8"))) : undefined;
  const operators =
    operator ?? Object.values(running?.regions ?? {}).map((region) => region.operator);
  if (operators.length === 0) {
    throw new UsageError(
      `no operator: give --operator URL, or start a lab (there is no ${file} here)`,
    );
  }
  const stranger = operators.find((url) => !/^https?:\/\/[^/]/.test(url));
  if (stranger !== undefined) {
    throw new UsageError(`--operator: given "${stranger}", allowed: http:// or https:// addresses`);
  }
  return { operators, token: tokenFrom(tokenFile) ?? running?.operatorToken ?? "" };
}

function tokenFrom(file: string | undefined): string | undefined {
  if (file === undefined) return undefined;
  try {
    return readFileSync(file, "utf8").trim();
  } catch (error) {
    throw new UsageError(`--token-file: ${error instanceof Error ? error.message : String(error)}`);
  }
}

export interface Reply {
  readonly status: number;
  readonly body: unknown;
}

const timeoutMs = 5_000;

/** The first answer; throws when no operator answers at all. */
export async function ask(
  { operators, token }: Reach,
  path: string,
  order?: object,
): Promise<Reply> {
  const failures: string[] = [];
  for (const operator of operators) {
    try {
      return await send(new URL(path, operator), token, order);
    } catch (error) {
      failures.push(`${operator}: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  throw new Error(`no operator answers; ${failures.join("; ")}`);
}

/** Only one of them may know what is asked: the first that agrees, or the last refusal. */
export async function askEach({ operators, token }: Reach, path: string, order: object) {
  let last: Reply | undefined;
  for (const operator of operators) {
    const reply = await send(new URL(path, operator), token, order).catch(() => undefined);
    if (reply?.status === 202) return reply;
    last = reply ?? last;
  }
  if (last === undefined) throw new Error("no operator answers");
  return last;
}

/** What every operator says, `null` for those that say nothing. */
export function askAll({ operators, token }: Reach, path: string): Promise<(Reply | null)[]> {
  return Promise.all(
    operators.map((operator) => send(new URL(path, operator), token).catch(() => null)),
  );
}

async function send(url: URL, token: string, order?: object): Promise<Reply> {
  const response = await fetch(url, {
    ...(order === undefined ? {} : { method: "POST", body: JSON.stringify(order) }),
    headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
    signal: AbortSignal.timeout(timeoutMs),
  });
  const text = await response.text();
  return { status: response.status, body: parsed(text) };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
