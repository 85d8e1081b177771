//! Topologies that come with the project, by the names that the command line takes.

import { labTopology } from "./lab.ts";
import { productionTopologies } from "./production.ts";
import type { Topology } from "./topology.ts";

export const builtinTopologies = {
  lab: labTopology,
  ...productionTopologies,
} as const satisfies Readonly<Record<string, Topology>>;

export type BuiltinName = keyof typeof builtinTopologies;

export function isBuiltinName(name: string): name is BuiltinName {
  return Object.hasOwn(builtinTopologies, name);
}
