//! DynamoDB's expressions: a parser, a judge of conditions and a maker of updates, all pure.

export { applyUpdate, assertUpdate, touchedAttributes } from "./dynamodb/update.ts";
export { assertCondition, meets } from "./dynamodb/condition.ts";
export { bind, type Bindings } from "./dynamodb/bindings.ts";
export { parseCondition, parseProjection, parseUpdate } from "./dynamodb/parse.ts";
export type { Condition, Parsed, UpdateAction } from "./dynamodb/syntax.ts";
