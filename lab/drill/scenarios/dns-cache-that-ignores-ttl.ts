//! A planned move while users keep the first address for ever: the old region forwards for them.

import type { Scenario } from "./scenario.ts";
import { switchover } from "./switchover.ts";

export const dnsCacheThatIgnoresTtl: Scenario = {
  ...switchover,
  name: "dns-cache-that-ignores-ttl",
  title: "A switchover while DNS caches never expire",
  description:
    "A planned switchover while no user asks DNS a second time. Their requests go on arriving " +
    "in the old region, which must forward them: no request may fail.",
  load: { ...switchover.load, ignoresTtl: true },
};
