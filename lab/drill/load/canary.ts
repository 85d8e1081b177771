//! A canary: small writes straight to one region, past DNS and with forwarding forbidden. It shows
//! which region accepts writes at which moment. Refusals in a row are put into one line.

import http from "node:http";
import type { LabDescriptor } from "../../descriptor.ts";
import { canaryKey, type RefusalsLine, type RequestLine } from "../ledger.ts";
import type { Clock } from "./clock.ts";
import { orderOf } from "./orders.ts";
import { ask, meaningOfWrite } from "./request.ts";

export interface CanaryProps {
  readonly lab: LabDescriptor;
  readonly region: string;
  readonly seed: number;
  readonly clock: Clock;
  readonly timeoutMs: number;
  readonly record: (line: RequestLine | RefusalsLine) => void;
}

export interface Canary {
  perform(seq: number): Promise<void>;
  close(): void;
}

/** A line of refusals covers at most this much time, so that the ledger stays readable live. */
const refusalsMsMax = 1_000;

export function createCanary(props: CanaryProps): Canary {
  const endpoint = endpointOf(props.lab, props.region);
  const agent = new http.Agent({ keepAlive: true, maxFreeSockets: 4 });
  const refusals = refusalRun(props.region, props.record);
  return {
    async perform(seq) {
      const key = canaryKey(props.seed, props.region, seq);
      const row = orderOf(props.seed, seq);
      const sentAtMs = props.clock();
      const answer = await ask({
        host: endpoint.hostname,
        port: Number(endpoint.port),
        method: "POST",
        path: "/orders",
        headers: {
          "content-type": "application/json",
          "idempotency-key": key,
          "x-switchback-forward": "never",
        },
        body: JSON.stringify(row),
        agent,
        timeoutMs: props.timeoutMs,
      });
      const meaning = meaningOfWrite(answer, key);
      const doneAtMs = props.clock();
      if (meaning.outcome === "refused") {
        refusals.add(seq, sentAtMs, doneAtMs);
        return;
      }
      refusals.flush();
      props.record({
        kind: "canary",
        seq,
        key,
        region: props.region,
        answeredBy: "status" in answer ? answer.region : null,
        epoch: "status" in answer ? answer.epoch : null,
        status: "status" in answer ? answer.status : null,
        ...meaning,
        sentAtMs,
        doneAtMs,
        ...row,
      });
    },
    close() {
      refusals.flush();
      agent.destroy();
    },
  };
}

function endpointOf(lab: LabDescriptor, region: string): URL {
  const found = lab.regions[region];
  if (found === undefined) throw new Error(`${region} is not a region of the lab`);
  return new URL(found.app);
}

interface RefusalRun {
  add(seq: number, sentAtMs: number, doneAtMs: number): void;
  flush(): void;
}

function refusalRun(region: string, record: (line: RefusalsLine) => void): RefusalRun {
  let run: RefusalsLine | null = null;
  const flush = (): void => {
    if (run !== null) record(run);
    run = null;
  };
  return {
    add(seq, sentAtMs, doneAtMs) {
      if (run !== null && seq === run.lastSeq + 1 && doneAtMs - run.sentAtMs < refusalsMsMax) {
        run = { ...run, lastSeq: seq, doneAtMs };
        return;
      }
      flush();
      const error = "not-serving";
      run = { kind: "refusals", region, firstSeq: seq, lastSeq: seq, sentAtMs, doneAtMs, error };
    },
    flush,
  };
}
