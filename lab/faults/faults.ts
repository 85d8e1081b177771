//! The vocabulary of faults: one name for the lab, the fault API, scenarios, docs and dashboards.
//! To add a fault: one member of the union, one row in `describeFault`, one in `injectors`.

export type FaultProcess = "operator" | "app" | "postgres";

export type Fault =
  /** Everything of the region stops at once and nothing on its links arrives. Heals by a return. */
  | { readonly kind: "region-loss"; readonly region: string }
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
    }
  /** SIGKILL. Operator and app are restarted by their supervisor, PostgreSQL is not. */
  | { readonly kind: "process-kill"; readonly process: FaultProcess; readonly region: string }
  /** SIGSTOP until healed. */
  | { readonly kind: "process-freeze"; readonly process: FaultProcess; readonly region: string }
  /** The Route 53 API refuses every call; DNS answers and health checks go on. */
  | { readonly kind: "route53-control-plane-down" }
  /** DynamoDB answers nobody, as if its quorum were lost. */
  | { readonly kind: "arbiter-down" };

export type FaultKind = Fault["kind"];

export interface ActiveFault {
  readonly id: string;
  readonly fault: Fault;
  readonly injectedAtMs: number;
  readonly text: string;
}

/** What a person reads on the time line. */
export function describeFault(fault: Fault): string {
  switch (fault.kind) {
    case "region-loss":
      return `${fault.region} is lost: every process killed, every link dark`;
    case "link-cut":
      return `nothing passes from ${fault.from} to ${fault.to}${fault.oneWay === true ? "" : " or back"}`;
    case "link-slow":
      return `${fault.latencyMs} ms more each way between ${fault.from} and ${fault.to}`;
    case "process-kill":
      return `${fault.process} of ${fault.region} killed`;
    case "process-freeze":
      return `${fault.process} of ${fault.region} frozen`;
    case "route53-control-plane-down":
      return "Route 53 control plane down";
    case "arbiter-down":
      return "arbiter down";
    default:
      return fault satisfies never;
  }
}
