//! The parts of the lease as JSON. Whatever comes from outside is read through here, never trusted.

import * as z from "zod";

export const word = z.object({
  databaseMs: z.number(),
  database: z.enum(["writable", "closed", "ungranted", "unreachable"]),
  app: z.enum(["serving", "failing", "silent"]),
});

export const token = z.object({
  systemIdentifier: z.string(),
  timeline: z.int(),
  lsn: z.string(),
});

export const request = z.object({
  by: z.string(),
  planId: z.string(),
  reason: z.enum(["planned", "grey", "withdrawn"]),
  because: z.array(z.string()),
});

export const control = z.object({
  paused: z.union([z.literal("no"), z.object({ because: z.string(), atMs: z.number() })]),
  approval: z.union([z.literal("none"), z.object({ epoch: z.int(), atMs: z.number() })]),
  command: z.union([
    z.literal("none"),
    z.object({
      id: z.string(),
      kind: z.enum(["switchover", "failback", "protect"]),
      to: z.string(),
      atMs: z.number(),
    }),
  ]),
  abort: z.string(),
});

/** The whole lease, as one operator sends it to the other. */
export const leaseItem = z.object({
  epoch: z.int().positive(),
  holder: z.string().min(1),
  renewals: z.int().min(0),
  sinceMs: z.number(),
  word: z.union([z.literal("none"), word]),
  token: z.union([z.literal("none"), token]),
  version: z.int().min(0),
  request: z.union([z.literal("none"), request]),
  control,
});

export const renewalRequest = z.object({ held: leaseItem, word });
