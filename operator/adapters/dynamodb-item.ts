//! How the lease lies in its DynamoDB item, and back. A malformed item is refused, never guessed.

import type { AttributeValue } from "@aws-sdk/client-dynamodb";
import * as z from "zod";
import { failed, type Outcome, succeeded } from "../../failover/outcome.ts";
import type { LeaseItem } from "../../failover/lease-item.ts";
import { control, request, token, word } from "./lease-json.ts";

const lease = z.object({
  epoch: z.coerce.number().int().positive(),
  holder: z.string().min(1),
  renewals: z.coerce.number().int().min(0),
  sinceMs: z.coerce.number(),
  word: z.union([z.literal("none"), jsonOf(word)]),
  token: z.union([z.literal("none"), jsonOf(token)]),
  version: z.coerce.number().int().min(0),
  request: z.union([z.literal("none"), jsonOf(request)]),
  control: jsonOf(control),
});

export function leaseItemKey(group: string): Record<"pk" | "sk", AttributeValue> {
  return { pk: { S: group }, sk: { S: "lease" } };
}

export function leaseFromItem(
  item: Readonly<Record<string, AttributeValue>> | undefined,
): Outcome<LeaseItem> {
  const plain = Object.fromEntries(
    Object.entries(item ?? {}).map(([name, value]) => [name, value.S ?? value.N]),
  );
  const parsed = lease.safeParse(plain);
  if (parsed.success) return succeeded(parsed.data);
  const problems = parsed.error.issues.map(({ path, message }) => `${path.join(".")}: ${message}`);
  return failed("refused", `the lease item is malformed: ${problems.join("; ")}`);
}

/** What is a word of its own stays one; the rest is JSON. */
export function toText(value: object | "none"): string {
  return value === "none" ? value : JSON.stringify(value);
}

function jsonOf<T>(schema: z.ZodType<T>) {
  return z
    .string()
    .transform((text, context): unknown => {
      try {
        return JSON.parse(text);
      } catch {
        context.addIssue({ code: "custom", message: "is not JSON" });
        return z.NEVER;
      }
    })
    .pipe(schema);
}
