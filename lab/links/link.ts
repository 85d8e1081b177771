//! A listening address at one site whose connections lead to a server at another. What happens to
//! them on the way is decided by the two paths between the sites.

import { createServer } from "node:net";
import type { AddressInfo, Server, Socket } from "node:net";

import type { Address } from "../descriptor.ts";
import { PortUnavailable } from "../processes/ports.ts";
import { Connection } from "./connection.ts";
import type { Path } from "./path.ts";

export interface LinkProps {
  /** For error messages. */
  readonly name: string;
  readonly from: string;
  readonly to: string;
  /** Port 0: any free one. */
  readonly listen: Address;
  /** Asked for every connection. Undefined: nobody listens there, the connection is refused. */
  readonly target: () => Address | undefined;
}

export interface LinkCounters {
  readonly connections: number;
  /** Lost in the dark. */
  readonly droppedBytes: number;
}

interface Surroundings {
  readonly forward: Path;
  readonly backward: Path;
  readonly isDark: () => boolean;
}

const connectionsMax = 2_048;

export class Link {
  readonly name: string;
  readonly from: string;
  readonly to: string;
  readonly host: string;
  readonly #props: LinkProps;
  readonly #surroundings: Surroundings;
  readonly #server: Server;
  readonly #connections = new Set<Connection>();
  #accepted = 0;
  #droppedBytes = 0;

  constructor(props: LinkProps, surroundings: Surroundings) {
    this.name = props.name;
    this.from = props.from;
    this.to = props.to;
    this.host = props.listen.host;
    this.#props = props;
    this.#surroundings = surroundings;
    this.#server = createServer({ allowHalfOpen: true, noDelay: true }, (caller) => {
      this.#accept(caller);
    });
    this.#server.maxConnections = connectionsMax;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo | null)?.port ?? this.#props.listen.port;
  }

  /** Open at this moment. */
  get connections(): number {
    return this.#connections.size;
  }

  /** Since the beginning. */
  get counters(): LinkCounters {
    return { connections: this.#accepted, droppedBytes: this.#droppedBytes };
  }

  listen(): Promise<void> {
    const { host, port } = this.#props.listen;
    return new Promise((resolve, reject) => {
      this.#server.once("error", (error: NodeJS.ErrnoException) => {
        reject(new PortUnavailable(host, port, error.code ?? error.message));
      });
      this.#server.listen({ host, port, exclusive: true }, resolve);
    });
  }

  /** Resets what is open and accepts no more. Safe to call twice. */
  async close(): Promise<void> {
    this.resetConnections();
    if (!this.#server.listening) return;
    await new Promise((resolve) => this.#server.close(resolve));
  }

  pathChanged(): void {
    const { forward, backward } = this.#surroundings;
    if (forward.state.mode === "reset" || backward.state.mode === "reset") this.resetConnections();
    for (const connection of this.#connections) connection.pathChanged();
  }

  silence(): void {
    for (const connection of this.#connections) connection.silence();
  }

  /** A host that is back knows nothing of its old connections and answers them with a reset. */
  resetSilenced(): void {
    for (const connection of this.#connections) if (connection.silenced) connection.reset();
  }

  /** The targets reset what is open. New connections are asked for their target again. */
  hangUp(): void {
    for (const connection of this.#connections) connection.hangUp();
  }

  resetConnections(): void {
    for (const connection of this.#connections) connection.reset();
  }

  #accept(caller: Socket): void {
    const { forward, backward, isDark } = this.#surroundings;
    if (!isDark() && [forward, backward].some(({ state }) => refuses.has(state.mode))) {
      caller.on("error", () => undefined);
      caller.resetAndDestroy();
      return;
    }
    this.#accepted += 1;
    const connection = new Connection({
      caller,
      forward,
      backward,
      target: this.#props.target,
      dark: isDark(),
      onDropped: (bytes) => {
        this.#droppedBytes += bytes;
      },
      onClosed: () => {
        this.#connections.delete(connection);
      },
    });
    this.#connections.add(connection);
  }
}

const refuses: ReadonlySet<string> = new Set(["refuse", "reset"]);
