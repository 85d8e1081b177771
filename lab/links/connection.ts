//! One TCP connection across a link: the caller's socket here, the target's socket there, a wire
//! each way between them. Set-up, data, half-close and reset all take the time of their way.

import { connect } from "node:net";
import type { Socket } from "node:net";

import type { Address } from "../descriptor.ts";
import type { Path } from "./path.ts";
import { Wire } from "./wire.ts";
import type { Parcel } from "./wire.ts";

export interface ConnectionProps {
  /** Accepted already. A proxy cannot leave a connection request unanswered: silence comes after. */
  readonly caller: Socket;
  readonly forward: Path;
  readonly backward: Path;
  readonly target: () => Address | undefined;
  /** Silent from the beginning. */
  readonly dark: boolean;
  readonly onDropped: (bytes: number) => void;
  readonly onClosed: () => void;
}

export class Connection {
  readonly #props: ConnectionProps;
  readonly #caller: Socket;
  #callee: Socket | undefined;
  readonly #forward: Wire;
  readonly #backward: Wire;
  /** What the caller sent before it can know that the target has answered. */
  #early: Parcel[] = [];
  #established = false;
  #silenced = false;
  #closed = false;

  constructor(props: ConnectionProps) {
    this.#props = props;
    this.#caller = props.caller;
    this.#forward = new Wire(props.forward, {
      deliver: (parcel) => this.#deliverForward(parcel),
      full: () => this.#caller.pause(),
      room: () => this.#caller.resume(),
    });
    this.#backward = new Wire(props.backward, {
      deliver: (parcel) => this.#deliverBackward(parcel),
      full: () => this.#callee?.pause(),
      room: () => this.#callee?.resume(),
    });
    this.#listen(this.#caller, this.#backward, (parcel) => this.#callerSends(parcel));
    if (props.dark) this.silence();
    else this.#forward.send({ kind: "dial" });
  }

  pathChanged(): void {
    if (this.#silenced) return;
    this.#forgetGivenUp();
    this.#forward.pathChanged();
    this.#backward.pathChanged();
  }

  /** From now on nothing arrives any more, either way, and what is under way is lost. */
  silence(): void {
    if (this.#silenced) return;
    this.#silenced = true;
    this.#props.onDropped(this.#forward.drop() + this.#backward.drop());
    this.#early = [];
    // Still read, so that a closed socket is noticed; what is read goes nowhere.
    this.#caller.resume();
    this.#callee?.resume();
  }

  get silenced(): boolean {
    return this.#silenced;
  }

  /** The target resets it. The caller learns of that when the way back lets it through. */
  hangUp(): void {
    this.#callee?.resetAndDestroy();
  }

  /** Resets both sockets. */
  reset(): void {
    this.#forward.drop();
    this.#backward.drop();
    this.#caller.resetAndDestroy();
    this.#callee?.resetAndDestroy();
    this.#closeWhenBothAre();
  }

  #listen(socket: Socket, wireToIt: Wire, send: (parcel: Parcel) => void): void {
    socket.setNoDelay(true);
    socket.on("data", (bytes: Buffer) => {
      if (this.#silenced) this.#props.onDropped(bytes.length);
      else send({ kind: "data", bytes });
    });
    socket.on("end", () => {
      if (this.#silenced) socket.destroy();
      else send({ kind: "end" });
    });
    socket.on("drain", () => {
      wireToIt.resume();
    });
    // What became of it follows in "close".
    socket.on("error", () => undefined);
    socket.on("close", (failed) => {
      // A receiver that is gone takes everything: the wire must not wait for it.
      wireToIt.resume();
      const orderly = !failed && socket.readableEnded && socket.writableFinished;
      if (!orderly && !this.#silenced) send({ kind: "reset" });
      this.#closeWhenBothAre();
    });
  }

  #callerSends(parcel: Parcel): void {
    if (this.#established) {
      this.#forward.send(parcel);
    } else if (parcel.kind === "reset") {
      this.reset();
    } else {
      this.#early.push(parcel);
      if (parcel.kind === "data") this.#pauseEarly();
      this.#forgetGivenUp();
    }
  }

  /** A real caller would still wait for the target's answer and could not have sent much. */
  #pauseEarly(): void {
    const bytes = this.#early.reduce((sum, p) => sum + (p.kind === "data" ? p.bytes.length : 0), 0);
    if (bytes > earlyBytesMax) this.#caller.pause();
  }

  /**
   * A caller that closed while its request to connect did not get through has given up. Nobody
   * would retransmit for it, so the target must not hear of it when the path is up again.
   */
  #forgetGivenUp(): void {
    const closed = this.#early.some(({ kind }) => kind === "end");
    const stuck = !this.#props.forward.passes || !this.#props.backward.passes;
    if (!this.#established && closed && stuck) this.reset();
  }

  #deliverForward(parcel: Parcel): boolean {
    if (parcel.kind !== "dial") return deliver(parcel, this.#callee);
    const address = this.#props.target();
    if (address === undefined) {
      this.#backward.send({ kind: "reset" });
      return true;
    }
    const callee = connect({ ...address, allowHalfOpen: true });
    this.#callee = callee;
    callee.once("connect", () => {
      if (!this.#silenced) this.#backward.send({ kind: "answer" });
    });
    this.#listen(callee, this.#forward, (sent) => {
      this.#backward.send(sent);
    });
    return true;
  }

  #deliverBackward(parcel: Parcel): boolean {
    if (parcel.kind !== "answer") return deliver(parcel, this.#caller);
    this.#established = true;
    for (const early of this.#early.splice(0)) this.#forward.send(early);
    this.#caller.resume();
    return true;
  }

  #closeWhenBothAre(): void {
    const open = !this.#caller.destroyed || this.#callee?.destroyed === false;
    if (open || this.#closed) return;
    this.#closed = true;
    this.#forward.drop();
    this.#backward.drop();
    this.#props.onClosed();
  }
}

const earlyBytesMax = 1024 * 1024;

/** False when the receiver's buffer is full. */
function deliver(parcel: Parcel, receiver: Socket | undefined): boolean {
  if (receiver === undefined || receiver.destroyed) return true;
  switch (parcel.kind) {
    case "data":
      return receiver.write(parcel.bytes);
    case "end":
      receiver.end();
      return true;
    case "reset":
      receiver.resetAndDestroy();
      return true;
    case "dial":
    case "answer":
      return true;
    default:
      return parcel satisfies never;
  }
}
