//! The mistakes that a drill must see: each a patch of one text in the product, the drill that is run
//! against it, and the claim that has to break. A rehearsal that was never red proves nothing.

export interface Mutant {
  readonly name: string;
  /** What is wrong with the product then. */
  readonly breaks: string;
  readonly file: string;
  /** Is in the file exactly once. */
  readonly text: string;
  readonly replacement: string;
  readonly drill: DrillChoice;
  /** One of the drill's reasons must say this. */
  readonly claim: RegExp;
  /** Where a race decides whether the mistake has effect. @default 1 */
  readonly drillsMax?: number;
}

export interface DrillChoice {
  readonly scenario: string;
  /** Faults beside the scenario's own, as on the command line of the drill. @default none */
  readonly also?: readonly string[];
}

export const mutants: readonly Mutant[] = [
  {
    name: "no-margin",
    breaks: "the challenger takes the lease when it is over, without waiting for the margin",
    file: "failover/lease.ts",
    text: "silentForMs(watch, nowMs) >= timing.leaseMs + timing.marginMs",
    replacement: "silentForMs(watch, nowMs) >= timing.leaseMs",
    drill: { scenario: "region-loss" },
    claim: /^epoch 2 was taken \d+ ms after .* heard of a renewal, less than 1800 ms$/,
    // On a busy machine the calls to the arbiter may take as long as the margin.
    drillsMax: 3,
  },
  {
    name: "no-check-at-commit",
    breaks: "the guard in the database lets every transaction commit",
    file: "operator/adapters/guard.ts",
    text: "  if ${isLive} then\n    return null;\n  end if;\n  raise exception",
    replacement: "  if true then\n    return null;\n  end if;\n  raise exception",
    drill: { scenario: "zombie-return" },
    claim: /^the old region took \d+ writes of a job that knows of no lease$/,
  },
  {
    name: "promote-before-lease",
    breaks: "a forced failover promotes the database first and takes the lease afterwards",
    file: "failover/plan.ts",
    text: [
      '      [{ kind: "take-lease" }, ...drain],',
      '      [{ kind: "promote-database" }, { kind: "scale-up", replicas }],',
    ].join("\n"),
    replacement: [
      '      [{ kind: "promote-database" }, { kind: "scale-up", replicas }],',
      '      [{ kind: "take-lease" }, ...drain],',
    ].join("\n"),
    drill: { scenario: "region-loss" },
    claim: /^the database of .* was promoted while .* held the lease$/,
  },
  {
    name: "silent-is-failing",
    breaks: "a vantage that saw nothing counts as one that saw a failure",
    file: "failover/verdict.ts",
    text: 'health === "failing" && seen.nowMs - atMs',
    replacement: 'health !== "serving" && seen.nowMs - atMs',
    drill: { scenario: "blind-standby" },
    claim: /^handover-2\b.* was begun, at most 0 plans may be$/,
  },
  {
    name: "no-drain",
    breaks: "a planned move does not wait until the replica has what the old holder wrote last",
    file: "operator/steps/change.ts",
    text: 'return item.token === "none" ? succeeded(true) : database.hasReplayed(item.token);',
    replacement: "return succeeded(database !== undefined);",
    drill: { scenario: "switchover-behind" },
    claim: /^the planned move lost \d+ acknowledged rows and \d+ objects$/,
  },
  {
    name: "close-leaves-open",
    breaks: "the holder lets the lease go and leaves its database open",
    file: "operator/adapters/close-lease.ts",
    text: "const closeQuery = \"select setval('switchback.lease_limit', 0)\";",
    replacement: 'const closeQuery = "select 0";',
    drill: { scenario: "switchover" },
    claim: /^two regions acknowledged writes for [\d.]+ ms$/,
  },
  {
    name: "promise-not-kept",
    breaks: "who promised not to take the lease counts the holder's silence as if it had not",
    file: "operator/lease-board.ts",
    text: 'if (this.#watch !== "none") this.#watch = watchPromise(this.#watch, this.#promisedMs);',
    replacement: "void watchPromise;",
    // One vantage more must lie, or the second one would hold the takeover back.
    drill: { scenario: "arbiter-down", also: ["0:app-errors active 100 peer"] },
    claim: /^failover-2\b.* was begun, at most 0 plans may be$/,
    // It shows when the challenger hears of the arbiter's return before the holder does.
    drillsMax: 6,
  },
];

export type Mutated =
  { readonly ok: true; readonly text: string } | { readonly ok: false; readonly problem: string };

/** The file with the mistake in it. A text that is not there exactly once is no patch. */
export function mutate(text: string, { file, replacement, text: wanted }: Mutant): Mutated {
  const parts = text.split(wanted);
  if (parts.length === 2) return { ok: true, text: parts.join(replacement) };
  return { ok: false, problem: `${file} has the text ${parts.length - 1} times, not once` };
}

export function nameOfDrill({ also = [], scenario }: DrillChoice): string {
  return [scenario, ...also.map((fault) => `with "${fault}"`)].join(" ");
}
