//! A picture cut to a stretch of time: what lies outside is left out, what sticks out is cut. Pure.

import type { Extent, Group, Mark, Picture, Row, Span } from "./picture.ts";

export function windowed(picture: Picture, window: Extent): Picture {
  const { fromMs, toMs } = window;
  const mark = ({ atMs }: Mark): boolean => atMs >= fromMs && atMs <= toMs;
  const rows = (all: readonly Row[]): Row[] =>
    all.map((row) => ({
      ...row,
      spans: spansWithin(row.spans, window),
      marks: row.marks.filter(mark),
    }));
  const group = (one: Group): Group => ({ ...one, rows: rows(one.rows) });
  const { requests } = picture;
  return {
    ...picture,
    fromMs,
    toMs,
    milestones: picture.milestones.filter(mark),
    faults: firstNamed(rows(picture.faults).filter(isDrawn), "faults"),
    commands: picture.commands.filter(mark),
    regions: picture.regions.map(group),
    phases: spansWithin(picture.phases, window),
    plans: picture.plans.map(group).filter((one) => one.rows.some(isDrawn)),
    requests:
      requests === null
        ? null
        : {
            ...requests,
            buckets: requests.buckets.filter(
              (bucket) => bucket.fromMs + requests.bucketMs > fromMs && bucket.fromMs < toMs,
            ),
            gap: spansWithin(requests.gap === null ? [] : [requests.gap], window)[0] ?? null,
            lost: rows([requests.lost])[0] ?? requests.lost,
          },
  };
}

function spansWithin(spans: readonly Span[], { fromMs, toMs }: Extent): Span[] {
  return spans
    .filter((span) => span.toMs >= fromMs && span.fromMs <= toMs)
    .map((span) => ({
      ...span,
      fromMs: Math.max(span.fromMs, fromMs),
      toMs: Math.min(span.toMs, toMs),
    }));
}

export function isDrawn({ spans, marks }: Row): boolean {
  return spans.length + marks.length > 0;
}

function firstNamed(rows: readonly Row[], name: string): Row[] {
  return rows.map((row, i) => ({ ...row, name: i === 0 ? name : "" }));
}
