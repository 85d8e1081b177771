//! The node programs of one region: operator and app replicas, each in a process of its own. They
//! are lost together with the region and come back together.

import { join } from "node:path";

import type { ProcessRecord } from "./record.ts";
import { SupervisedProcess } from "./supervised-process.ts";
import type { ProcessExit, Program, RestartDelays } from "./supervised-process.ts";

export interface SupervisorProps {
  readonly region: string;
  readonly record: ProcessRecord;
  /** Must exist. Holds one file for each program, `<region>-<name>.log`. */
  readonly logFolder: string;
  /** @default 200 ms, doubling up to 2 s, from the beginning again after 5 s of running */
  readonly delays?: RestartDelays;
}

/** What a fault may hold a program to. */
export type Standing = "up" | "down" | "frozen";

const defaultDelays: RestartDelays = { firstMs: 200, maxMs: 2_000, steadyMs: 5_000 };

export class Supervisor {
  readonly region: string;
  readonly #props: SupervisorProps;
  readonly #processes = new Map<string, SupervisedProcess>();
  readonly #listeners = new Set<(exit: ProcessExit) => void>();
  #standingOf: (name: string) => Standing = () => "up";

  constructor(props: SupervisorProps) {
    this.region = props.region;
    this.#props = props;
  }

  /** Starts a program and keeps it running, once nothing holds it down. */
  run(program: Program): SupervisedProcess {
    if (this.#processes.has(program.name)) {
      throw new Error(`${this.region} runs a program named ${program.name} already`);
    }
    const supervised = new SupervisedProcess(program, {
      record: this.#props.record,
      logFile: join(this.#props.logFolder, `${this.region}-${program.name}.log`),
      delays: this.#props.delays ?? defaultDelays,
    });
    supervised.onExit((exit) => {
      for (const listener of this.#listeners) listener(exit);
    });
    this.#processes.set(program.name, supervised);
    // There is nothing to wait for: it has not run yet.
    void hold(supervised, this.#standingOf(program.name));
    return supervised;
  }

  get(name: string): SupervisedProcess | undefined {
    return this.#processes.get(name);
  }

  get processes(): readonly SupervisedProcess[] {
    return [...this.#processes.values()];
  }

  /** Stops one program for good and forgets it. */
  async remove(name: string, graceMs?: number): Promise<void> {
    const supervised = this.#processes.get(name);
    this.#processes.delete(name);
    await supervised?.stop(graceMs);
  }

  /**
   * Brings each program to its standing and keeps it there, also those that are run later. What is to
   * be down or frozen has its signal before this returns its promise.
   */
  async hold(standingOf: (name: string) => Standing): Promise<void> {
    this.#standingOf = standingOf;
    await Promise.all(
      this.processes.map((supervised) => hold(supervised, standingOf(supervised.program.name))),
    );
  }

  /** The region is lost: everything gets SIGKILL before this returns its promise. */
  halt(): Promise<void> {
    return this.hold(() => "down");
  }

  resume(): void {
    // Nothing of this takes time, unlike the end of a program.
    void this.hold(() => "up");
  }

  async stop(graceMs?: number): Promise<void> {
    const all = this.processes;
    this.#processes.clear();
    await Promise.all(all.map((supervised) => supervised.stop(graceMs)));
  }

  /** Called whenever any of the programs has ended. Returns the function that ends it. */
  onExit(listener: (exit: ProcessExit) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }
}

function hold(supervised: SupervisedProcess, standing: Standing): Promise<void> {
  switch (standing) {
    case "down":
      return supervised.halt();
    case "frozen":
      supervised.freeze();
      supervised.start();
      return Promise.resolve();
    case "up":
      supervised.thaw();
      supervised.start();
      return Promise.resolve();
    default:
      return standing satisfies never;
  }
}
