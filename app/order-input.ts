//! What users send about orders, checked: every problem is reported, each with what is allowed.

import type { IncomingHttpHeaders } from "node:http";
import * as z from "zod";
import { isObjectKey, objectKeyText } from "./object-key.ts";
import type { NewOrder, Page } from "./ports.ts";

export type Parsed<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly problems: readonly string[] };

export function parseOrder(headers: IncomingHttpHeaders, body: unknown): Parsed<NewOrder> {
  const key = parsed(headerKeySchema.safeParse(headers["idempotency-key"]));
  const json = jsonOf(body);
  const order = json.ok ? parsed(orderSchema.safeParse(json.value)) : json;
  if (key.ok && order.ok) return { ok: true, value: { key: key.value, ...order.value } };
  return { ok: false, problems: [key, order].flatMap((part) => (part.ok ? [] : part.problems)) };
}

export function parseKey(text: unknown): Parsed<string> {
  return parsed(keySchema.safeParse(text));
}

export function parsePage(query: unknown): Parsed<Page> {
  return parsed(pageSchema.safeParse(query));
}

/** PostgreSQL's text takes no NUL, and half a surrogate pair would come back as another text. */
const unstorable = /\0|\p{Surrogate}/u;

const keyPattern = /^[A-Za-z0-9_.-]{1,64}$/;
const keySchema = z.string().regex(keyPattern, "key: 1 to 64 of A-Z a-z 0-9 _ . -");
const headerKeyText = "Idempotency-Key: a header with 1 to 64 of A-Z a-z 0-9 _ . - is needed";
const headerKeySchema = z.string(headerKeyText).regex(keyPattern, headerKeyText);

const itemText = "item: a text of 1 to 200 characters is needed";
const attachmentText = `attachment: the key of an object, ${objectKeyText}; may be absent`;
const quantityText = "quantity: a whole number from 1 to 1000 is needed";

const orderSchema = z.object(
  {
    item: z
      .string(itemText)
      .min(1, itemText)
      .max(200, itemText)
      .refine((text) => !unstorable.test(text), itemText),
    quantity: z.int(quantityText).min(1, quantityText).max(1000, quantityText),
    attachment: z
      .string(attachmentText)
      .refine(isObjectKey, attachmentText)
      .nullable()
      .default(null),
  },
  "body: a JSON object with item and quantity is needed",
);

const pageSchema = z.object({
  after: wholeNumber({ min: 0, max: Number.MAX_SAFE_INTEGER, absent: 0 }, "after: an order's id"),
  limit: wholeNumber({ min: 1, max: 200, absent: 50 }, "limit: a whole number from 1 to 200"),
});

interface Range {
  readonly min: number;
  readonly max: number;
  readonly absent: number;
}

function wholeNumber({ min, max, absent }: Range, message: string) {
  return z
    .string(message)
    .regex(/^\d{1,16}$/, message)
    .transform(Number)
    .pipe(z.number().min(min, message).max(max, message))
    .default(absent);
}

function parsed<T>(result: z.ZodSafeParseResult<T>): Parsed<T> {
  if (result.success) return { ok: true, value: result.data };
  return { ok: false, problems: result.error.issues.map(({ message }) => message) };
}

function jsonOf(body: unknown): Parsed<unknown> {
  try {
    const text = Buffer.isBuffer(body) ? utf8.decode(body) : "";
    return { ok: true, value: JSON.parse(text) as unknown };
  } catch {
    return { ok: false, problems: ["body: valid JSON in UTF-8 is needed"] };
  }
}

const utf8 = new TextDecoder("utf-8", { fatal: true });
