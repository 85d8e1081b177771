import type { Command, Control } from "../../failover/lease-item.ts";
import { TwoRegions } from "../fakes/two-regions.ts";

async function order(earth: TwoRegions, who: "active" | "standby", change: (control: Control) => Control): Promise<void> {
  const { board } = earth[who].process;
  await board.refresh();
  const written = await board.instruct(change);
  if (!written.ok) throw new Error(written.detail);
}
const command = (earth: TwoRegions, kind: Command["kind"], to: string) =>
  order(earth, "standby", (control) => ({ ...control, command: { id: `${kind}-1`, kind, to, atMs: 0 } }));
const finished = (earth: TwoRegions, id: string) =>
  earth.entries.some((entry) => entry.kind === "plan-finished" && entry.planId === id);

test("E4b grey while record-roles is stuck", async () => {
  const earth = await new TwoRegions({ blockPeriodSeconds: 0 }).begin();
  earth.standby.wires.route53.isDown = true;
  earth.active.lose();
  await earth.until("serves", () => earth.serves(earth.standby.name));
  await earth.forMs(3000);
  earth.active.comeBack();
  await earth.forMs(3000);
  await command(earth, "protect", earth.standby.name);
  await earth.forMs(3000);
  console.log(earth.kinds().length, earth.kinds().slice(-3));
  // pretend rebuilt
  earth.active.database.rebuildFrom(earth.standby.database);
  await earth.forMs(3000);
  earth.standby.appIsDown = true;
  earth.standby.isYielding = false;
  await earth.until("h", () => earth.kinds().at(-1) === "step-intended close-writes");
  earth.standby.restart();
  const n = earth.kinds().length;
  await earth.forMs(3000);
  console.log("growth", earth.kinds().length - n, earth.kinds().slice(n));
  earth.standby.isYielding = true;
  await earth.forMs(20000);
  console.log(earth.kinds().length, earth.kinds().slice(-60), earth.active.verdict, earth.standby.verdict);
  expect(earth.serves(earth.active.name)).toBe(true);
  earth.assertOneWriter();
});
