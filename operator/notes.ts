//! What happens to the lease, as people and dashboards hear of it.

import type { Logger } from "pino";
import type { HolderEvent } from "./holder-parts.ts";
import type { OperatorMetrics } from "./metrics.ts";

export function noteEvent(event: HolderEvent, log: Logger, metrics: OperatorMetrics): void {
  switch (event.kind) {
    case "renewed":
      metrics.renewals.inc({ outcome: "confirmed" });
      metrics.renewalSeconds.observe(event.tookMs / 1_000);
      return;
    case "extended":
      metrics.renewals.inc({ outcome: "extended" });
      return;
    case "vouched":
      metrics.renewals.inc({ outcome: event.how });
      log.warn(event, "the arbiter is silent: the lease was renewed on the other operator's word");
      return;
    case "renewal-failed":
      metrics.renewals.inc({ outcome: "failed" });
      log.warn(event, "the lease was not renewed");
      return;
    case "grant-refused":
      log.warn(event, "writes are not granted yet");
      return;
    case "lost":
      metrics.renewals.inc({ outcome: "lost" });
      log.error(event, "the lease was lost");
      return;
    case "clock-stepped":
      metrics.clockSteps.inc();
      log.error(event, "the database's clock was set: the lease is closed and begun anew");
      return;
    default:
      event satisfies never;
  }
}
