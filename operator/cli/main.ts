//! The command line of people on call: `switchback status`, and the orders. It speaks to an operator's
//! page and to nothing else; usage errors and refusals end with code 2, failures with 1.

import { Command, CommanderError } from "commander";
import { ask, askAll, askEach, findReach, type Reach, UsageError } from "./reach.ts";
import { follow } from "./follow.ts";
import { operatorStatus, wordsOf } from "./status-words.ts";

interface Options {
  readonly operator?: readonly string[];
  readonly tokenFile?: string;
  readonly folder: string;
  readonly json?: boolean;
  readonly wait?: boolean;
}

const program = new Command("switchback")
  .description("Looks at the operators of a failover group, and orders what they should do.")
  .option("--operator <url...>", "operators' pages (default: those of the lab that runs here)")
  .option("--token-file <file>", "file with the secret that the operators want")
  .option("--folder <folder>", "where a lab keeps its files", ".switchback")
  .option("--json", "one JSON document on stdout")
  .exitOverride();

program
  .command("status")
  .description("who holds the lease, who could take over, what runs, what is ordered")
  .action(() => showStatus());

const withoutWaiting = ["--no-wait", "return as soon as it is ordered"] as const;

program
  .command("switchover")
  .description("move the service to the other region without losing a write")
  .option("--to <region>", "the region that is to serve (default: the one that does not)")
  .option(...withoutWaiting)
  .action(({ to, wait }: { to?: string; wait: boolean }) =>
    order({ kind: "switchover", ...(to === undefined ? {} : { to }) }, wait),
  );

program
  .command("failback")
  .description("back to the region that the topology calls active: protect if needed, switchover")
  .option(...withoutWaiting)
  .action(({ wait }: { wait: boolean }) => order({ kind: "failback" }, wait));

program
  .command("protect")
  .description("make the other region a standby again: salvage, keep the old primary, new replica")
  .option(...withoutWaiting)
  .action(({ wait }: { wait: boolean }) => order({ kind: "protect" }, wait));

program
  .command("pause")
  .description("no automatic failover until resume")
  .argument("<because...>", "why, for whoever finds it paused")
  .action((words: string[]) => order({ kind: "pause", because: words.join(" ") }, false));

program
  .command("resume")
  .description("automatic failover goes on")
  .action(() => order({ kind: "resume" }, false));

program
  .command("approve")
  .description("let a change go ahead that a guard holds, once")
  .action(() => order({ kind: "approve" }, false));

program
  .command("abort")
  .description("walk the running plan back, up to the point of no return")
  .action(() => order({ kind: "abort" }, false));

async function showStatus(): Promise<void> {
  const answers = await askAll(reach(), "/status");
  const bodies = answers.flatMap((answer) => (answer === null ? [] : [answer.body]));
  if (bodies.length === 0) throw new Error("no operator answers");
  if (options().json === true) return printJson(bodies);
  const read = bodies.map((body) => operatorStatus.parse(body));
  process.stdout.write(`${wordsOf(read)}\n`);
}

async function order(body: object, wait: boolean): Promise<void> {
  const json = options().json === true;
  const sinceMs = Date.now();
  const where = reach();
  const reply = await ("kind" in body && body.kind === "approve"
    ? askEach(where, "/command", body)
    : ask(where, "/command", body));
  if (reply.status !== 202) return refuse(reply.body);
  const says = said(reply.body);
  if (!json) process.stdout.write(`${says}\n`);
  if (!wait) {
    if (json) printJson(reply.body);
    return;
  }
  const say = json ? () => undefined : (line: string) => process.stdout.write(`${line}\n`);
  const followed = await follow(where, sinceMs, (line) => void say(line));
  if (json) printJson({ accepted: true, says, ...followed });
  if (!followed.done) process.exitCode = 1;
}

function refuse(body: unknown): void {
  if (options().json === true) printJson(body);
  else {
    const problems = typeof body === "object" && body !== null ? Reflect.get(body, "problems") : [];
    const lines: readonly unknown[] = Array.isArray(problems) ? problems : [JSON.stringify(body)];
    for (const line of lines) process.stderr.write(`switchback: ${String(line)}\n`);
  }
  process.exitCode = 2;
}

function said(body: unknown): string {
  return typeof body === "object" && body !== null ? String(Reflect.get(body, "says")) : "";
}

function printJson(value: unknown): void {
  process.stdout.write(`${JSON.stringify(value, undefined, 2)}\n`);
}

function options(): Options {
  return program.opts<Options & Record<string, unknown>>();
}

function reach(): Reach {
  return findReach(options());
}

program.parseAsync().catch((error: unknown) => {
  if (error instanceof CommanderError) process.exit(error.exitCode === 0 ? 0 : 2);
  process.stderr.write(`switchback: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(error instanceof UsageError ? 2 : 1);
});
