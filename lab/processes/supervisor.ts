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

const defaultDelays: RestartDelays = { firstMs: 200, maxMs: 2_000, steadyMs: 5_000 };

export class Supervisor {
  readonly region: string;
  readonly #props: SupervisorProps;
  readonly #processes = new Map<string, SupervisedProcess>();
  readonly #listeners = new Set<(exit: ProcessExit) => void>();
  #halted = false;

  constructor(props: SupervisorProps) {
    this.region = props.region;
    this.#props = props;
  }

  /** Starts a program and keeps it running. In a halted region it starts with `resume`. */
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
    if (!this.#halted) supervised.start();
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

  get halted(): boolean {
    return this.#halted;
  }

  /** The region is lost: everything gets SIGKILL before this returns its promise. */
  async halt(): Promise<void> {
    this.#halted = true;
    await Promise.all(this.processes.map((supervised) => supervised.halt()));
  }

  resume(): void {
    this.#halted = false;
    for (const supervised of this.processes) supervised.start();
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
