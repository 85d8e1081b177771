//! Parameters of the time before expressions. The lab does not pretend to understand them.

import { AwsError } from "../service.ts";

const legacy = [
  "AttributesToGet",
  "AttributeUpdates",
  "ConditionalOperator",
  "Expected",
  "KeyConditions",
  "QueryFilter",
];

export function refuseLegacy(input: object): void {
  const found = legacy.find((name) => Object.hasOwn(input, name));
  if (found === undefined) return;
  throw new AwsError("NotImplemented", `the lab takes expressions only, not ${found}`, {
    status: 501,
  });
}
