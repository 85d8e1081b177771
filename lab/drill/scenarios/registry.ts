//! Every scenario that can be drilled, the default first. To add one: a file beside this one and a
//! line here.

import { nearestName } from "../../../topology/nearest.ts";
import { regionLoss } from "./region-loss.ts";
import type { Scenario } from "./scenario.ts";

export const scenarios: readonly Scenario[] = [regionLoss];

export const defaultScenario = regionLoss;

export function findScenario(name: string): Scenario | { readonly problem: string } {
  const found = scenarios.find((scenario) => scenario.name === name);
  if (found !== undefined) return found;
  const names = scenarios.map((scenario) => scenario.name);
  const meant = nearestName(name, [...names, "list"]);
  const hint = meant === null ? `there are: ${names.join(", ")}` : `did you mean ${meant}?`;
  return { problem: `no scenario is called "${name}"; ${hint}` };
}
