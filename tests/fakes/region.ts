//! One region in memory: what lives in it for good (database, pods), the wires out of it, and the
//! operator's process, which may be started anew at any time and then remembers nothing.

import type { RunningPlan } from "../../failover/journal.ts";
import type { Verdict } from "../../failover/verdict.ts";
import { Episode } from "../../operator/episode.ts";
import { Holder } from "../../operator/holder.ts";
import type { HolderEvent } from "../../operator/holder-parts.ts";
import { LeaseBoard } from "../../operator/lease-board.ts";
import { Lookout } from "../../operator/lookout.ts";
import { tick } from "../../operator/loop.ts";
import type { Operator } from "../../operator/operator.ts";
import { tend } from "../../operator/tend.ts";
import { Voucher } from "../../operator/voucher.ts";
import { answerRequest, type YieldAnswer } from "../../operator/yielding.ts";
import { plannedObjections } from "../../failover/guards.ts";
import { failed, type Outcome } from "../../failover/outcome.ts";
import type { HolderWord, LeaseItem } from "../../failover/lease-item.ts";
import type { Vouched } from "../../failover/ports.ts";
import { FakeArbiter, FakeJournal } from "./arbiter.ts";
import { FakeDatabase } from "./database.ts";
import { FakeAnnouncer, FakeCapacity, FakeTraffic, FakeWorld } from "./surroundings.ts";
import { FakeRebuild, FakeSalvage, FakeStorage, noInstances } from "./way-back.ts";
import type { TwoRegions } from "./two-regions.ts";
import { Crash, Wire, type WireCall } from "./wire.ts";

export interface RegionProps {
  readonly name: string;
  readonly role: "primary" | "replica";
  readonly clockOffsetMs: number;
}

type WireName = "arbiter" | "database" | "cluster" | "route53" | "dns" | "peer" | "aws";

export type Process = ReturnType<Region["start"]>;

export class Region {
  readonly name: string;
  readonly #earth: TwoRegions;
  readonly wires: { readonly [K in WireName]: Wire };
  /** What RDS keeps here. */
  readonly instances = noInstances();
  readonly salvaged = new Set<string>();
  readonly yields: YieldAnswer[] = [];
  readonly database: FakeDatabase;
  readonly capacity: FakeCapacity;
  readonly announcers: FakeAnnouncer[] = [];
  readonly holderEvents: HolderEvent[] = [];
  process: Process;
  isUp = true;
  /** The database accepts writes and nobody is served. */
  appIsDown = false;
  /** Whether the holder's operator gets to answer requests. */
  isYielding = true;
  /** What the peer's probe gets; `serving` follows the database otherwise. */
  probed: "as it is" | "failing" | "silent" = "as it is";
  ticks = 0;
  restarts = 0;
  verdict: Verdict = { kind: "stay", because: [] };

  constructor(earth: TwoRegions, { name, role, clockOffsetMs }: RegionProps) {
    this.name = name;
    this.#earth = earth;
    const { clock } = earth;
    const wire = () => new Wire(clock);
    this.wires = {
      arbiter: wire(),
      database: wire(),
      cluster: wire(),
      route53: wire(),
      dns: wire(),
      peer: wire(),
      aws: wire(),
    };
    const note = (event: string) => earth.note(event);
    this.database = new FakeDatabase({
      name,
      clock,
      wire: this.wires.database,
      role,
      clockOffsetMs,
      note,
    });
    const { activeReplicas, standbyReplicas } = earth.topology.capacity;
    const replicas = role === "primary" ? activeReplicas : standbyReplicas;
    this.capacity = new FakeCapacity(this.wires.cluster, replicas);
    this.process = this.start();
  }

  /** Nobody hears of the region any more. Its database, cut off, accepts what its lease allows. */
  lose(): void {
    this.isUp = false;
  }

  comeBack(): void {
    this.isUp = true;
  }

  /** Ends the process without a word and starts another. */
  restart(): void {
    this.restarts += 1;
    this.process = this.start();
  }

  onEveryCall(listener: (call: WireCall, when: "before" | "after") => void): void {
    for (const wire of Object.values(this.wires)) wire.onCall = listener;
  }

  /** Everything that the process does in its rounds, once. */
  async turn(): Promise<void> {
    const { holder, lookout, operator, tending, beats } = this.process;
    const nowMs = this.#earth.clock.monotonicMs();
    await lookout.lookAtLease();
    if (nowMs >= beats.lookMs) {
      beats.lookMs = nowMs + this.#earth.topology.detection.probeMs;
      await lookout.lookAtEndpoint();
      await lookout.lookAtWorld();
      await lookout.lookAtDatabase();
      await lookout.lookAtCapacity();
      await tend(tending);
    }
    if (nowMs >= beats.renewMs) {
      beats.renewMs = nowMs + this.#earth.topology.lease.renewMs;
      await holder.renew();
      if (this.isYielding) await answerRequest(this.process.yielding);
    }
    this.ticks += 1;
    await tick(operator);
  }

  start() {
    const { clock, table, topology, records } = this.#earth;
    const { database, capacity, name, wires } = this;
    const peer = Object.keys(topology.regions).find((region) => region !== name) ?? "";
    const arbiter = new FakeArbiter(table, wires.arbiter);
    const board = new LeaseBoard(arbiter, clock);
    const episode = new Episode();
    const world = new FakeWorld(wires.dns, (region) => this.#earth.serves(region));
    const lookout = new Lookout({
      region: name,
      peer,
      leaseMs: topology.lease.leaseMs,
      clock,
      board,
      database,
      capacity,
      world,
      probe: async (region) => this.#probe(region),
    });
    const granting = { epoch: 0 };
    const holder = new Holder({
      region: name,
      timing: topology.lease,
      ungrantedMsMax: 4 * topology.promotion.scaleMsExpected,
      arbiter,
      peer: {
        renewFor: (held, word) =>
          wires.peer.call("renewFor", async () => {
            const other = this.#earth.peerOf(this);
            if (!other.isUp) return failed("unreachable", "no way there");
            return other.#vouch(held, word);
          }),
      },
      database,
      clock,
      board,
      appHealth: () => lookout.ownApp,
      promoting: (epoch) => granting.epoch === epoch,
      onEvent: (event) => this.holderEvents.push(event),
    });
    const announcer = new FakeAnnouncer();
    this.announcers.push(announcer);
    const traffic = new FakeTraffic(wires.route53, records);
    const observe = () => ({
      region: name,
      nowMs: clock.monotonicMs(),
      wallMs: clock.wallMs(),
      lease: board.watch,
      readings: lookout.readings,
      standby: lookout.standby,
    });
    const other = () => this.#earth.peerOf(this);
    const rebuild = new FakeRebuild(
      {
        wire: wires.aws,
        own: database,
        peer: () => other().database,
        peerIsUp: () => other().isUp,
      },
      () => other().instances,
    );
    const ports = {
      rebuild,
      salvage: new FakeSalvage(wires.aws, this.salvaged),
      storage: new FakeStorage(wires.aws),
      preflight: () => plannedObjections(observe(), topology),
      board,
      holder,
      database,
      promotion: database,
      capacity,
      traffic,
      world,
      announcer,
    };
    const operator: Operator = {
      region: name,
      peer,
      service: topology.service,
      policy: topology,
      replicas: topology.capacity.activeReplicas,
      clock,
      journal: new FakeJournal(table, wires.arbiter),
      ports,
      episode,
      observe,
      report: (verdict, running) => {
        this.verdict = verdict;
        if (running !== "unread") granting.epoch = epochOf(running, name);
      },
    };
    const tending = { region: name, topology, board, capacity, database, episode, holder, lookout };
    const voucher = new Voucher({ region: name, arbiter, board, holder });
    const onAnswer = (answer: YieldAnswer) => this.yields.push(answer);
    const writableMsMin = 2 * topology.detection.readingAgeMsMax;
    const mayAct = true;
    const yielding = {
      region: name,
      board,
      holder,
      lookout,
      world,
      writableMsMin,
      mayAct,
      onAnswer,
    };
    return {
      voucher,
      yielding,
      board,
      holder,
      lookout,
      operator,
      tending,
      beats: { lookMs: 0, renewMs: 0 },
    };
  }

  /** As the other operator's page does it. Whoever dies of it is this process, not the caller. */
  #vouch(held: LeaseItem, word: HolderWord): Promise<Outcome<Vouched>> {
    return this.process.voucher.renewFor(held, word).catch((error: unknown) => {
      if (!(error instanceof Crash)) throw error;
      this.restart();
      return failed("unreachable", "the other operator died");
    });
  }

  #probe(name: string) {
    const target = this.#earth.regions.find((region) => region.name === name);
    if (target !== undefined && target.probed !== "as it is") {
      return { health: target.probed, detail: "as the test says" };
    }
    const serving = this.#earth.serves(name);
    return { health: serving ? ("serving" as const) : ("failing" as const), detail: "probed" };
  }
}

function epochOf(running: RunningPlan | "idle", region: string): number {
  return running !== "idle" && running.plan.to === region ? running.plan.epoch : 0;
}
