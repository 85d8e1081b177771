//! The app of one region as a kubelet would run it: so many processes as are wanted, each counted
//! ready once its readiness answers, and a load balancer in front that only knows ready ones.

import http from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import type { Address } from "../descriptor.ts";
import type { Pods } from "../kubernetes/api.ts";
import { freePort } from "../processes/ports.ts";
import type { Supervisor } from "../processes/supervisor.ts";

export interface AppPodsProps {
  readonly host: string;
  readonly supervisor: Supervisor;
  readonly script: string;
  readonly envOf: (port: number) => Readonly<Record<string, string>>;
}

interface Pod {
  readonly name: string;
  readonly port: number;
  ready: boolean;
}

/** Several pods on one machine: a small young generation, at the price of more frequent collection. */
const frugal = ["--max-semi-space-size=1"];
const readinessMs = 150;
const readinessTimeoutMs = 1_000;

export class AppPods implements Pods {
  readonly #props: AppPodsProps;
  readonly #pods: Pod[] = [];
  #wanted = 0;
  #next = 0;
  #number = 0;
  #settling: Promise<void> = Promise.resolve();
  #stopped = false;

  constructor(props: AppPodsProps) {
    this.#props = props;
    props.supervisor.onExit(({ name }) => {
      const pod = this.#pods.find((candidate) => candidate.name === name);
      if (pod === undefined) return;
      pod.ready = false;
      void this.#untilReady(pod);
    });
  }

  get wanted(): number {
    return this.#wanted;
  }

  get ready(): number {
    return this.#pods.filter(({ ready }) => ready).length;
  }

  get names(): readonly string[] {
    return this.#pods.map(({ name }) => name);
  }

  scaleTo(replicas: number): void {
    this.#wanted = replicas;
    this.#settling = this.#settling.then(() => this.#settle());
  }

  /** The load balancer's choice for the next connection; nobody when no pod is ready. */
  pick(): Address | undefined {
    const ready = this.#pods.filter((pod) => pod.ready);
    this.#next += 1;
    const pod = ready[this.#next % Math.max(1, ready.length)];
    return pod === undefined ? undefined : { host: this.#props.host, port: pod.port };
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#settling;
  }

  async #settle(): Promise<void> {
    while (this.#pods.length < this.#wanted && !this.#stopped) await this.#add();
    while (this.#pods.length > this.#wanted && !this.#stopped) {
      const pod = this.#pods.pop();
      if (pod !== undefined) await this.#props.supervisor.remove(pod.name);
    }
  }

  async #add(): Promise<void> {
    const { envOf, host, script, supervisor } = this.#props;
    const port = await freePort(host);
    const pod: Pod = { name: `app-${this.#number}`, port, ready: false };
    this.#number += 1;
    this.#pods.push(pod);
    supervisor.run({ name: pod.name, script, nodeArgs: frugal, env: envOf(port) });
    void this.#untilReady(pod);
  }

  async #untilReady(pod: Pod): Promise<void> {
    while (!this.#stopped && this.#pods.includes(pod) && !pod.ready) {
      pod.ready = await answersReady(this.#props.host, pod.port);
      if (!pod.ready) await sleep(readinessMs, undefined, { ref: false });
    }
  }
}

function answersReady(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const request = http.get(
      { host, port, path: "/readyz", agent: false, timeout: readinessTimeoutMs },
      (response) => {
        response.resume();
        resolve(response.statusCode === 200);
      },
    );
    request.on("timeout", () => request.destroy());
    request.on("error", () => resolve(false));
  });
}
