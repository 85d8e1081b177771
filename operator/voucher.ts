//! What this operator does for a holder in the other region that does not reach the arbiter: renew on
//! its behalf, or, when the arbiter answers nobody, promise not to take over for a whole lease.
//! A promise counts on the board like a renewal, so that every later takeover outwaits it.

import { failed, type Outcome, succeeded } from "../failover/outcome.ts";
import type { Arbiter, Vouched } from "../failover/ports.ts";
import type { HolderWord, LeaseItem } from "../failover/lease-item.ts";
import type { RegionName } from "../topology/topology.ts";
import type { Holder } from "./holder.ts";
import type { LeaseBoard } from "./lease-board.ts";

export interface VoucherProps {
  readonly region: RegionName;
  readonly arbiter: Arbiter;
  readonly board: LeaseBoard;
  readonly holder: Holder;
}

export class Voucher {
  readonly #props: VoucherProps;

  constructor(props: VoucherProps) {
    this.#props = props;
  }

  async renewFor(held: LeaseItem, word: HolderWord): Promise<Outcome<Vouched>> {
    const { board } = this.#props;
    // Who has just waited in vain for the arbiter need not do so again: its own look goes on.
    if (!board.answers) return this.#promise(held);
    if (this.#hasAsked) return failed("refused", "the world sees the holder fail: let it lapse");
    const renewed = await this.#renew(held, word);
    if (renewed.ok) {
      board.take(renewed.value);
      return succeeded({ kind: "relayed", item: renewed.value });
    }
    if (renewed.fault === "conflict") return failed("conflict", "the arbiter has moved on");
    return this.#promise(held);
  }

  /**
   * A holder that serves nobody was asked to hand over, and cannot: to let go it would need the
   * arbiter. Renewed for, it would neither serve nor make room.
   */
  get #hasAsked(): boolean {
    const { board, region } = this.#props;
    if (board.item === "unknown" || board.item.request === "none") return false;
    const { by, reason } = board.item.request;
    return by === region && reason === "grey";
  }

  /** The holder may not have heard how its last renewal went: it then counts from behind. */
  async #renew(held: LeaseItem, word: HolderWord): Promise<Outcome<LeaseItem>> {
    const { arbiter, board } = this.#props;
    const renewed = await arbiter.renew(held, word);
    if (renewed.ok || renewed.fault !== "conflict") return renewed;
    const now = await board.refresh();
    if (!now.ok || now.value === "absent") return renewed;
    const { epoch, holder } = now.value;
    if (epoch !== held.epoch || holder !== held.holder) return renewed;
    return arbiter.renew(now.value, word);
  }

  #promise(held: LeaseItem): Outcome<Vouched> {
    const { board, holder, region } = this.#props;
    const { item } = board;
    if (item === "unknown") {
      return failed("refused", "has not read the arbiter since it started");
    }
    if (item.epoch !== held.epoch || item.holder !== held.holder || item.holder === region) {
      return failed("conflict", `epoch ${item.epoch} is held by ${item.holder}`);
    }
    if (holder.takeOverIsOpen) return failed("refused", "a takeover is under way");
    board.promise();
    return succeeded({ kind: "promised" });
  }
}
