//! Parts of an item by their paths. Elements of lists cannot be projected here.

import { AwsError } from "../service.ts";
import type { Item } from "./attributes.ts";
import { resolvePath, type Bindings } from "./bindings.ts";
import { valueAt, withValue, type ResolvedPath } from "./document.ts";
import type { Path } from "./syntax.ts";

export function project(item: Item, paths: readonly Path[], bindings: Bindings): Item {
  let projected: Item = {};
  for (const path of paths) {
    const names = resolvePath(path, bindings);
    const value = valueAt(item, names);
    if (value === undefined) continue;
    projected = withValue(withParents(projected, names), names, value);
  }
  return projected;
}

function withParents(item: Item, names: ResolvedPath): Item {
  let parents = item;
  for (const [at, name] of names.entries()) {
    if (typeof name === "number") {
      throw new AwsError("NotImplemented", "the lab cannot project an element of a list", {
        status: 501,
      });
    }
    const path = names.slice(0, at);
    if (at > 0 && valueAt(parents, path) === undefined)
      parents = withValue(parents, path, { M: {} });
  }
  return parents;
}
