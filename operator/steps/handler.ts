//! What a step of a plan is to the operator: `check` reads the world and alone decides that it is done,
//! `do` may be repeated, `undo` exists or says why it cannot.

import type { Plan, StepKind, StepOf } from "../../failover/plan.ts";
import type {
  Announcer,
  Capacity,
  Database,
  Promotion,
  Rebuild,
  Salvage,
  Storage,
  Traffic,
  World,
} from "../../failover/ports.ts";
import type { Outcome } from "../../failover/outcome.ts";
import type { Holder } from "../holder.ts";
import type { LeaseBoard } from "../lease-board.ts";

export interface StepPorts {
  readonly board: LeaseBoard;
  readonly holder: Holder;
  readonly database: Database;
  readonly promotion: Promotion;
  readonly capacity: Capacity;
  readonly traffic: Traffic;
  readonly world: World;
  readonly rebuild: Rebuild;
  readonly salvage: Salvage;
  readonly storage: Storage;
  readonly announcer: Announcer;
  /** What speaks against a planned change right now. */
  readonly preflight: () => readonly string[];
}

/** With words where the journal should say more than that it is done. */
export type Checked = boolean | { readonly detail: string };

export type Undo<K extends StepKind> =
  | { readonly irreversible: string }
  | { readonly harmless: string }
  | {
      readonly title: string;
      undo(plan: Plan, step: StepOf<K>, ports: StepPorts): Promise<Outcome<void>>;
    };

export interface StepHandler<K extends StepKind> {
  /** For runbooks and for the time line. */
  readonly title: string;
  /** How often `check` may ask the world, in milliseconds: a control plane has its rate limit. */
  readonly checkMs: number;
  /** How long to wait before `do` is repeated when `check` still says no, in milliseconds. */
  readonly repeatMs: number;
  check(plan: Plan, step: StepOf<K>, ports: StepPorts): Promise<Outcome<Checked>>;
  do(plan: Plan, step: StepOf<K>, ports: StepPorts): Promise<Outcome<void>>;
  readonly undo: Undo<K>;
}

export type StepHandlers<K extends StepKind> = { readonly [S in K]: StepHandler<S> };
