//! Injects and heals faults over HTTP, with the names of the command line:
//! `GET /faults`, `POST /faults` with a fault as JSON, `DELETE /faults/<id>` or `/faults` for all.
//! `GET /observations` tells what only the lab knows, such as calls of the Route 53 API.
//! Requests that a web page could make without asking are refused: they must be JSON.

import express, { type ErrorRequestHandler, type Express } from "express";
import type { AddressInfo } from "node:net";
import { readFault, type Places } from "./fault-request.ts";
import type { Lab } from "../lab.ts";

export interface FaultApi {
  readonly url: string;
  close(): Promise<void>;
}

export async function startFaultApi(
  lab: Lab,
  places: Places,
  listen: { readonly host: string; readonly port: number },
): Promise<FaultApi> {
  const app = routes(lab, places);
  const server = await new Promise<ReturnType<Express["listen"]>>((resolve, reject) => {
    const started = app.listen(listen.port, listen.host, (error?: Error) =>
      error === undefined ? resolve(started) : reject(error),
    );
  });
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://${listen.host}:${port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

const loopbackNames: ReadonlySet<string> = new Set(["127.0.0.1", "localhost"]);

function routes(lab: Lab, places: Places): Express {
  const app = express();
  app.disable("x-powered-by");
  app.use(express.json({ limit: "16kb", type: "application/json" }));
  // A name that somebody else's page made to lead here is not one of ours.
  app.use((request, response, next) => {
    if (loopbackNames.has(request.hostname)) return next();
    response.status(403).json({ error: `not here under the name ${request.hostname}` });
  });

  app.get("/", (_request, response) => {
    response.json({ lab: lab.descriptor, faults: lab.activeFaults() });
  });
  app.get("/observations", (_request, response) => {
    response.json(lab.observations());
  });
  app.get("/faults", (_request, response) => {
    response.json(lab.activeFaults());
  });
  app.post("/faults", async (request, response) => {
    if (request.is("application/json") === false) {
      response.status(415).json({ error: "send the fault as application/json" });
      return;
    }
    const reading = readFault(request.body, places);
    if (!reading.ok) {
      response.status(400).json({ error: "not a fault", problems: reading.problems });
      return;
    }
    response.status(201).json(await lab.inject(reading.fault));
  });
  app.delete("/faults/:id", async (request, response) => {
    const { id } = request.params;
    if (!lab.activeFaults().some((fault) => fault.id === id)) {
      const active = lab.activeFaults().map((fault) => fault.id);
      const hint = active.length === 0 ? "none is" : `active: ${active.join(", ")}`;
      response.status(404).json({ error: `no fault ${id} is active; ${hint}` });
      return;
    }
    await lab.heal(id);
    response.json(lab.activeFaults());
  });
  app.delete("/faults", async (_request, response) => {
    for (const { id } of lab.activeFaults()) await lab.heal(id);
    response.json(lab.activeFaults());
  });
  app.use((_request, response) => {
    response
      .status(404)
      .json({ error: "there are GET /, GET /observations, and GET, POST and DELETE /faults here" });
  });
  app.use(answerError);
  return app;
}

const answerError: ErrorRequestHandler = (error: unknown, _request, response, _next) => {
  const status = typeof error === "object" && error !== null ? Reflect.get(error, "status") : 500;
  response
    .status(typeof status === "number" ? status : 500)
    .json({ error: error instanceof Error ? error.message : String(error) });
};
