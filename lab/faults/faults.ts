//! The vocabulary of faults: one name for the lab, the fault API, scenarios, docs and dashboards.
//! To add a fault: one member of the union, a row each in `descriptions`, `fault-text.ts`,
//! `fault-request.ts` and `injectors`. What is missing does not compile, or fails the table of texts.

export type FaultProcess = "operator" | "app" | "postgres";

/** Who sees what a load balancer answers in place of the app. */
export type FaultAudience =
  /** Users, health checkers and the other region. */
  | "everyone"
  /** Only what comes through the link of the other region: one vantage lies. */
  | "peer";

export type Fault =
  | RegionFault
  | LinkFault
  | ProcessFault
  | LoadBalancerFault
  | DatabaseFault
  /** The Route 53 API refuses every call; DNS answers and health checks go on. */
  | { readonly kind: "route53-control-plane-down" }
  /** DynamoDB answers nobody, as if its quorum were lost. */
  | { readonly kind: "arbiter-down" };

export type RegionFault =
  /** Everything of the region stops at once and nothing on its links arrives. Heals by a return. */
  | { readonly kind: "region-loss"; readonly region: string }
  /**
   * SIGSTOP to everything of the region at one moment, SIGCONT when healed. Its links stay up and
   * connections are accepted, but nothing answers. AWS in that region goes on.
   */
  | { readonly kind: "region-freeze"; readonly region: string };

export type LinkFault =
  /** Nothing passes from one site to the other; `oneWay` leaves the opposite direction alone. */
  | {
      readonly kind: "link-cut";
      readonly from: string;
      readonly to: string;
      readonly oneWay?: boolean;
    }
  /** Adds latency, in milliseconds each way. */
  | {
      readonly kind: "link-slow";
      readonly from: string;
      readonly to: string;
      readonly latencyMs: number;
    };

export type ProcessFault =
  /** SIGKILL. Operator and app are restarted by their supervisor, PostgreSQL is not. */
  | { readonly kind: "process-kill"; readonly process: FaultProcess; readonly region: string }
  /** SIGKILL, and nobody starts it again until healed. */
  | { readonly kind: "process-down"; readonly process: FaultProcess; readonly region: string }
  /** SIGSTOP until healed. */
  | { readonly kind: "process-freeze"; readonly process: FaultProcess; readonly region: string };

export type LoadBalancerFault =
  /** That share of the requests to the region's app gets 500 and never reaches the app. */
  | {
      readonly kind: "app-errors";
      readonly region: string;
      /** From 1 to 100. */
      readonly percent: number;
      /** @default "everyone" */
      readonly audience?: FaultAudience;
    }
  /** Answers of the region's app come so much later. */
  | { readonly kind: "app-slow"; readonly region: string; readonly latencyMs: number };

export type DatabaseFault =
  /** The region's replica receives, but applies nothing. Harmless on a primary. */
  | { readonly kind: "replay-paused"; readonly region: string }
  /**
   * A forgotten replication slot keeps WAL until the disk, a quota of the lab, is full. PostgreSQL
   * ends as it does there and cannot be started until healed.
   */
  | { readonly kind: "disk-full"; readonly region: string }
  /** A job that knows of no lease writes straight into the region's PostgreSQL until healed. */
  | { readonly kind: "rogue-writer"; readonly region: string };

export type FaultKind = Fault["kind"];

export interface ActiveFault {
  readonly id: string;
  readonly fault: Fault;
  readonly injectedAtMs: number;
  readonly text: string;
}

/** What a person reads on the time line. */
export function describeFault(fault: Fault): string {
  // The pairing of kind and row that the table guarantees, which the compiler cannot follow.
  const describe = descriptions[fault.kind] as (described: Fault) => string;
  return describe(fault);
}

const descriptions: {
  readonly [K in FaultKind]: (fault: Extract<Fault, { readonly kind: K }>) => string;
} = {
  "region-loss": ({ region }) => `${region} is lost: every process killed, every link dark`,
  "region-freeze": ({ region }) => `${region} is frozen: every process stopped, every link up`,
  "link-cut": ({ from, to, oneWay }) =>
    `nothing passes from ${from} to ${to}${oneWay === true ? "" : " or back"}`,
  "link-slow": ({ from, to, latencyMs }) =>
    `${latencyMs} ms more each way between ${from} and ${to}`,
  "process-kill": ({ process, region }) => `${process} of ${region} killed`,
  "process-down": ({ process, region }) => `${process} of ${region} killed and kept down`,
  "process-freeze": ({ process, region }) => `${process} of ${region} frozen`,
  "app-errors": ({ audience, percent, region }) =>
    `app of ${region} answers ${percent} % with errors` +
    (audience === "peer" ? " to the other region only" : ""),
  "app-slow": ({ latencyMs, region }) => `app of ${region} answers ${latencyMs} ms later`,
  "replay-paused": ({ region }) => `replica in ${region} applies nothing`,
  "disk-full": ({ region }) => `disk of the database in ${region} full of WAL`,
  "rogue-writer": ({ region }) => `a job in ${region} writes past the app`,
  "route53-control-plane-down": () => "Route 53 control plane down",
  "arbiter-down": () => "arbiter down",
};
