//! What DynamoDB says when it refuses a request, in its own words.

import { AwsError } from "../service.ts";

export function invalid(message: string): AwsError {
  return new AwsError("ValidationException", message);
}

export function invalidParameter(message: string): AwsError {
  return invalid(`One or more parameter values were invalid: ${message}`);
}

/** The part of a request that a message is about. */
export type ExpressionKind =
  | "ConditionExpression"
  | "UpdateExpression"
  | "KeyConditionExpression"
  | "FilterExpression"
  | "ProjectionExpression";

export function invalidExpression(kind: ExpressionKind, message: string): AwsError {
  return invalid(`Invalid ${kind}: ${message}`);
}

export function tableNotFound(table: string): AwsError {
  return new AwsError(
    "ResourceNotFoundException",
    `Requested resource not found: Table: ${table} not found`,
  );
}

/** Refused because the table keeps strong consistency between regions. */
export function notOnStrongTables(what: string): AwsError {
  return invalid(
    `${what} not supported on a global table with multi-Region strong consistency (MRSC)`,
  );
}
