//! Goal: the lanes of the picture say what the evidence says, and no more.
//! Method: small ledgers and journals, the lanes computed from them, compared as values.

import { faultRows } from "../../lab/drill/picture/causes.ts";
import { intervalsOf, joined } from "../../lab/drill/picture/intervals.ts";
import { phaseSpans } from "../../lab/drill/picture/phase-spans.ts";
import { pictureOf } from "../../lab/drill/picture/picture.ts";
import { bucketLength, bucketsOf, longestGap } from "../../lab/drill/picture/requests.ts";
import { windowed } from "../../lab/drill/picture/window.ts";
import type { Row, Span } from "../../lab/drill/picture/picture.ts";
import { objectsOff } from "../../lab/drill/ledger.ts";
import {
  cleanRequests,
  east,
  endedAtMs,
  faultAtMs,
  ledgerOf,
  takeoverAtMs,
  west,
  write,
} from "./drill-evidence.ts";
import { lossInput } from "./drill-picture-evidence.ts";
import { failbackInput } from "./drill-picture-failback.ts";

const whole = { buckets: 120, window: undefined };

function rowOf(input: Parameters<typeof pictureOf>[0], region: string, name: string): Row {
  const group = pictureOf(input, whole).regions.find(({ title }) => title === region);
  const row = group?.rows.find((one) => one.name === name);
  if (row === undefined) throw new Error(`${region} has no row ${name}`);
  return row;
}

const timesOf = ({ fromMs, toMs }: Span) => [fromMs, toMs];

describe("intervals", () => {
  test("answers close to each other are one stretch, a longer silence begins another", () => {
    expect(intervalsOf([300, 0, 100, 1_000, 1_100], 400)).toEqual([
      { fromMs: 0, toMs: 300, count: 3 },
      { fromMs: 1_000, toMs: 1_100, count: 2 },
    ]);
  });

  test("a stretch inside a longer one does not shorten it", () => {
    const stretches = [
      { fromMs: 0, toMs: 900 },
      { fromMs: 100, toMs: 200 },
    ];
    expect(joined(stretches, 50)).toEqual([{ fromMs: 0, toMs: 900, count: 2 }]);
  });

  test("nothing asked is no interval", () => {
    expect(intervalsOf([], 400)).toEqual([]);
  });
});

describe("regions", () => {
  test("users reach the old region to the fault and the new one from the takeover", () => {
    expect(rowOf(lossInput(), east, "serving").spans.map(timesOf)).toEqual([[5_000, faultAtMs]]);
    expect(rowOf(lossInput(), west, "serving").spans.map(timesOf)).toEqual([
      [takeoverAtMs, endedAtMs],
    ]);
  });

  test("each region is writable under its own epoch", () => {
    expect(rowOf(lossInput(), east, "writable").spans.map(({ label }) => label)).toEqual([
      "epoch 1",
    ]);
    expect(rowOf(lossInput(), west, "writable").spans.map(({ label }) => label)).toEqual([
      "epoch 2",
    ]);
  });

  test("a write under an epoch that is over is shown as a second writer", () => {
    const late = write(900, takeoverAtMs + 300, { epoch: 1, region: east, answeredBy: east });
    const row = rowOf(
      lossInput({ ledger: ledgerOf([...cleanRequests(), late]) }),
      east,
      "writable",
    );
    expect(row.spans.map(({ tone }) => tone)).toEqual(["writes", "stale"]);
    expect(row.spans[1]?.told).toContain("two writers");
  });

  test("a canary that is refused and one that hears nothing look different", () => {
    const silent = { kind: "canary", region: east, answeredBy: null, epoch: null } as const;
    const line = write(901, 11_000, { ...silent, outcome: "unknown", error: "timeout-answering" });
    const refusals = [
      {
        kind: "refusals",
        region: west,
        firstSeq: 1,
        lastSeq: 9,
        sentAtMs: 5_000,
        doneAtMs: 9_000,
        error: "not-serving",
      },
    ] as const;
    const ledger = ledgerOf([...cleanRequests(), line], { refusals });
    const tones = (region: string) =>
      rowOf(lossInput({ ledger }), region, "writable").spans.map(({ tone }) => tone);
    expect(tones(east)).toEqual(["silent", "writes"]);
    expect(tones(west)).toEqual(["refuses", "writes"]);
  });

  test("a good answer that another region's database gave counts as forwarded", () => {
    const lines = [1, 2, 3].map((seq) => write(seq, 9_000, { region: east, answeredBy: west }));
    const row = rowOf(lossInput({ ledger: ledgerOf(lines) }), east, "serving");
    expect(row.spans[0]?.told).toBe(
      `users reached ${east} through DNS: 3 good answers, 3 of them forwarded`,
    );
  });

  test("without a ledger serving and writable are unknown, and the lease is still told", () => {
    const input = lossInput({ ledger: null });
    expect(rowOf(input, west, "serving").note).toBe("unknown: no ledger");
    expect(rowOf(input, west, "writable").note).toBe("unknown: no ledger");
    expect(rowOf(input, west, "lease").spans).toHaveLength(1);
  });
});

describe("requests", () => {
  const extent = { fromMs: 0, toMs: 1_000 };

  test("are counted by when they were sent, aligned to zero", () => {
    const lines = [
      write(1, 495, { sentAtMs: 490 }),
      write(2, 900, { sentAtMs: 500, outcome: "unknown", error: "timeout-answering" }),
      write(3, 550, { sentAtMs: 540, kind: "object", outcome: "failed", error: objectsOff }),
      write(4, 560, { sentAtMs: 550, kind: "canary", outcome: "unknown" }),
    ];
    expect(bucketsOf(lines, 100, { zeroAtMs: 500, extent })).toEqual([
      { fromMs: 400, good: 1, failed: 0, errors: {} },
      { fromMs: 500, good: 1, failed: 1, errors: { "timeout-answering": 1 } },
    ]);
  });

  test("fill at most as many buckets as there is room for, each of a round length", () => {
    expect(bucketLength({ fromMs: 0, toMs: 9_300 }, 120)).toBe(100);
    expect(bucketLength({ fromMs: 0, toMs: 100_000 }, 120)).toBe(1_000);
    expect(bucketLength({ fromMs: 0, toMs: 100 * 3_600_000 }, 120)).toBe(3_000_000);
  });

  test("have their longest gap between two acknowledged writes, or to the load's end", () => {
    const gap = longestGap(ledgerOf(cleanRequests()));
    expect(gap === null ? null : timesOf(gap)).toEqual([faultAtMs, takeoverAtMs]);
    const open = longestGap(ledgerOf([write(1, 5_000), write(2, 6_000)]));
    expect(open === null ? null : timesOf(open)).toEqual([6_000, endedAtMs]);
    expect(longestGap(ledgerOf([]))).toBeNull();
  });
});

test("a few lost rows are ticks, very many are stretches", () => {
  const input = lossInput();
  const [row] = failbackInput().report.lost ?? [];
  if (row === undefined) throw new Error("no lost row");
  const lostIn = (count: number) => {
    const lost = Array.from({ length: count }, (_, i) => ({ ...row, acknowledgedAtMs: 9_000 + i }));
    const report = { ...input.report, lost, lostRows: count };
    const lane = pictureOf({ ...input, report }, whole).requests?.lost;
    return { name: lane?.name, ticks: lane?.marks.length, spans: lane?.spans.map(timesOf) };
  };
  expect(lostIn(3)).toEqual({ name: "lost rows: 3", ticks: 3, spans: [] });
  expect(lostIn(500)).toEqual({ name: "lost rows: 500", ticks: 0, spans: [[9_000, 9_499]] });
});

describe("phases", () => {
  test("follow each other from the fault on", () => {
    const spans = phaseSpans(lossInput());
    expect(spans.map(({ label, fromMs, toMs }) => [label, fromMs, toMs])).toEqual([
      ["detect", 10_000, 10_500],
      ["lease", 10_500, 11_600],
      ["promote", 11_600, 11_800],
      ["grant", 11_800, 11_900],
      ["dns", 11_900, 13_000],
    ]);
  });

  test("end at the first one that is unknown, and are none without a fault", () => {
    const input = lossInput();
    const phases = { detectMs: 5, leaseMs: 6, promoteMs: null, grantMs: 7, dnsMs: null };
    expect(phaseSpans({ ...input, report: { ...input.report, phases } })).toHaveLength(2);
    expect(phaseSpans({ ...input, checker: null })).toEqual([]);
  });
});

test("a fault lasts to its heal or to the end, and a kill is over at once", () => {
  const rows = faultRows(failbackInput().faults, 50_000);
  expect(rows.map(({ spans, marks }) => [spans.length, marks.length])).toEqual([
    [1, 0],
    [1, 0],
    [0, 1],
  ]);
  expect(rows[0]?.spans.map(timesOf)).toEqual([[faultAtMs, faultAtMs + 12_000]]);
  expect(faultRows(lossInput().faults, 50_000)[0]?.spans.map(timesOf)).toEqual([
    [faultAtMs, 50_000],
  ]);
});

test("a close-up keeps what is inside, cuts what sticks out and drops plans of another time", () => {
  const picture = pictureOf(failbackInput(), whole);
  const cut = windowed(picture, { fromMs: faultAtMs - 500, toMs: faultAtMs + 4_000 });
  const spans = cut.regions.flatMap(({ rows }) => rows.flatMap((row) => row.spans));
  expect(spans.every(({ fromMs, toMs }) => fromMs >= cut.fromMs && toMs <= cut.toMs)).toBe(true);
  expect(cut.plans.map(({ title }) => title)).toEqual(["failover-2"]);
  expect(cut.faults.map(({ name }) => name)).toEqual(["faults", ""]);
  expect(cut.commands).toEqual([]);
});

test("zero is the main fault, else the main command, else the start of the load", () => {
  const input = failbackInput();
  const [command] = input.commands.slice(1);
  if (command === undefined) throw new Error("no command");
  const planned = { ...input, faults: [], commands: [{ ...command, main: true }] };
  expect(pictureOf(input, whole)).toMatchObject({
    zeroAtMs: faultAtMs,
    zeroLabel: "the main fault",
  });
  expect(pictureOf(planned, whole)).toMatchObject({
    zeroAtMs: command.sentAtMs,
    zeroLabel: "the command",
  });
  expect(pictureOf({ ...planned, commands: [] }, whole).zeroLabel).toBe("the load's start");
  expect(pictureOf({ ...planned, commands: [], ledger: null }, whole).zeroLabel).toBe(
    "the drill's start",
  );
});
