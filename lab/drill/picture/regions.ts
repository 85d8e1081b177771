//! What each region did when, in three rows: whom users reached (`serving`), who acknowledged writes
//! (`writable`), and, by the operators' own account, who held the lease (`lease`). Pure.

import type { Ledger, RequestLine } from "../ledger.ts";
import type { PlanAccount } from "./account.ts";
import { succeeded } from "./requests.ts";
import type { HoldRecord } from "../holds.ts";
import type { PictureInput } from "./evidence.ts";
import { intervalsOf, joined } from "./intervals.ts";
import { leaseTurns, type LeaseTurn } from "./lease-turns.ts";
import type { Extent, Group, Row, Span } from "./picture.ts";
import { acknowledgementsOf } from "../verdicts/requests.ts";
import type { Acknowledgement } from "../verdicts/evidence.ts";

/** Users ask some dozen times a second, a canary twenty times: longer is an interruption. */
const servingGapMsMax = 500;
const canaryGapMsMax = 400;

export function regionGroups(
  input: PictureInput,
  plans: readonly PlanAccount[],
  extent: Extent,
): Group[] {
  const { ledger, report } = input;
  const acknowledgements = ledger === null ? [] : acknowledgementsOf(ledger);
  const turns = leaseTurns(plans, acknowledgements[0], extent);
  return regionsOf(input, plans).map((region) => ({
    title: region,
    subtitle: roleOf(region, report),
    rows: [
      ledger === null ? unknownRow("serving") : servingRow(region, ledger),
      ledger === null ? unknownRow("writable") : writableRow(region, ledger, acknowledgements),
      leaseRow(region, turns),
      ...holdRow(
        input.holds.filter((hold) => hold.region === region),
        extent,
      ),
    ],
  }));
}

/** Who served first comes first; a region that only a plan names counts too. */
export function regionsOf(input: PictureInput, plans: readonly PlanAccount[]): string[] {
  const { ledger, report, journals, statuses } = input;
  const named = [
    ...(ledger?.requests ?? []).flatMap((line) => [line.region, line.answeredBy]),
    ...(ledger?.refusals ?? []).map((line) => line.region),
    ...plans.flatMap((plan) => [plan.from, plan.to]),
    ...Object.keys(journals),
    ...Object.keys(statuses),
    report.to,
  ].filter((name) => typeof name === "string");
  const first = typeof report.from === "string" ? [report.from] : [];
  const others = [...new Set(named)].filter((name) => !first.includes(name) && name !== "nobody");
  return [...first, ...others.sort()];
}

function roleOf(region: string, { from, to }: PictureInput["report"]): string {
  if (region === from) return region === to ? "served first and last" : "served first";
  return region === to ? "served last" : "";
}

function unknownRow(name: string): Row {
  return { name, spans: [], marks: [], note: "unknown: no ledger" };
}

/** By the region that DNS named. Who wrote the row is the next row's matter. */
function servingRow(region: string, ledger: Ledger): Row {
  const good = ledger.requests.filter(
    (line) => line.kind !== "canary" && line.region === region && succeeded(line),
  );
  const spans = intervalsOf(
    good.map((line) => line.doneAtMs),
    servingGapMsMax,
  ).map((interval): Span => {
    const told = `users reached ${region} through DNS: ${interval.count} good answers`;
    const { fromMs, toMs } = interval;
    return { fromMs, toMs, tone: "serving", label: "", told: told + forwarded(good, interval) };
  });
  return { name: "serving", spans, marks: [], note: spans.length === 0 ? "no user's request" : "" };
}

function forwarded(lines: readonly RequestLine[], { fromMs, toMs }: Extent): string {
  const elsewhere = lines.filter(
    ({ doneAtMs, region, answeredBy }) =>
      doneAtMs >= fromMs && doneAtMs <= toMs && answeredBy !== null && answeredBy !== region,
  );
  return elsewhere.length === 0 ? "" : `, ${elsewhere.length} of them forwarded`;
}

function writableRow(
  region: string,
  ledger: Ledger,
  acknowledgements: readonly Acknowledgement[],
): Row {
  const spans = [
    ...silentSpans(region, ledger),
    ...refusingSpans(region, ledger),
    ...writingSpans(region, acknowledgements),
  ];
  return { name: "writable", spans, marks: [], note: spans.length === 0 ? "never asked" : "" };
}

/** A span for each epoch; one that goes on after a newer epoch has begun is a second writer. */
function writingSpans(region: string, acknowledgements: readonly Acknowledgement[]): Span[] {
  const own = acknowledgements.filter((ack) => ack.region === region);
  const epochs = [...new Set(own.map((ack) => ack.epoch))];
  return epochs.flatMap((epoch) => {
    const overSinceMs =
      acknowledgements.find((ack) => (ack.epoch ?? 0) > (epoch ?? Infinity))?.doneAtMs ?? Infinity;
    const times = own.filter((ack) => ack.epoch === epoch).map((ack) => ack.doneAtMs);
    const under = epoch === null ? "an unknown epoch" : `epoch ${epoch}`;
    const spansOf = (those: readonly number[], tone: "writes" | "stale"): Span[] =>
      intervalsOf(those, canaryGapMsMax).map(({ fromMs, toMs, count }) => ({
        fromMs,
        toMs,
        tone,
        label: epoch === null ? "" : `epoch ${epoch}`,
        told: `${region} acknowledged ${count} writes under ${under}${staleText(tone)}`,
      }));
    return [
      ...spansOf(
        times.filter((atMs) => atMs <= overSinceMs),
        "writes",
      ),
      ...spansOf(
        times.filter((atMs) => atMs > overSinceMs),
        "stale",
      ),
    ];
  });
}

function staleText(tone: "writes" | "stale"): string {
  return tone === "stale" ? ", after a newer epoch had begun: two writers" : "";
}

function refusingSpans(region: string, ledger: Ledger): Span[] {
  const runs = ledger.refusals.filter((line) => line.region === region);
  const lines = ledger.requests.filter(
    (line) => line.kind === "canary" && line.region === region && line.outcome === "refused",
  );
  const told = `${region} answered, and refused to write`;
  return joined([...runs, ...lines].map(stretchOf), canaryGapMsMax).map(
    ({ fromMs, toMs }): Span => ({ fromMs, toMs, tone: "refuses", label: "", told }),
  );
}

function silentSpans(region: string, ledger: Ledger): Span[] {
  const lines = ledger.requests.filter(
    ({ kind, region: asked, outcome }) =>
      kind === "canary" && asked === region && (outcome === "unknown" || outcome === "failed"),
  );
  return joined(lines.map(stretchOf), canaryGapMsMax).map(({ fromMs, toMs, count }): Span => {
    const told = `${region} was asked ${count} times directly, without a certain answer`;
    return { fromMs, toMs, tone: "silent", label: "", told };
  });
}

function stretchOf(line: { readonly sentAtMs: number; readonly doneAtMs: number }): Extent {
  return { fromMs: line.sentAtMs, toMs: line.doneAtMs };
}

function leaseRow(region: string, turns: readonly LeaseTurn[]): Row {
  const spans = turns
    .filter((turn) => turn.region === region)
    .map(({ fromMs, toMs, epoch, end }): Span => ({
      fromMs,
      toMs,
      tone: "lease",
      label: epoch === null ? "" : `epoch ${epoch}`,
      told: `${region} held the lease (epoch ${epoch ?? "unknown"}), ${end}, as the operators say`,
    }));
  return { name: "lease", spans, marks: [], note: spans.length === 0 ? "never held" : "" };
}

function holdRow(holds: readonly HoldRecord[], { toMs }: Extent): Row[] {
  if (holds.length === 0) return [];
  const spans = holds.map((hold): Span => ({
    fromMs: hold.fromMs,
    toMs: Math.max(hold.toMs ?? toMs, hold.fromMs),
    tone: "hold",
    label: "hold",
    told: `${hold.region} holds: ${hold.because?.join("; ") || "no reason told"}`,
  }));
  return [{ name: "hold", spans, marks: [], note: "" }];
}
