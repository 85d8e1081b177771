//! What a drill asks of the operators in the name of a person, and what became of it.

export type DrillCommand =
  | { readonly kind: "switchover"; readonly to?: string }
  | { readonly kind: "failback" | "protect" | "approve" | "resume" | "abort" }
  | { readonly kind: "pause"; readonly because: string };

export interface CommandRecord {
  readonly command: DrillCommand;
  readonly text: string;
  /** The region whose operator answered, or null when none did in time. */
  readonly region: string | null;
  readonly sentAtMs: number;
  readonly answeredAtMs: number | null;
  readonly accepted: boolean;
  /** Why it was not accepted. */
  readonly problems: readonly string[];
  /** The command that the drill's zero is, where no fault is. */
  readonly main: boolean;
}

/** A command that moves the service to another region as planned. */
export function isPlannedMove({ kind }: DrillCommand): boolean {
  return kind === "switchover" || kind === "failback";
}

export function describeCommand(command: DrillCommand): string {
  switch (command.kind) {
    case "switchover":
      return command.to === undefined
        ? "a person asks for a switchover"
        : `a person asks for a switchover to ${command.to}`;
    case "failback":
      return "a person asks to go back";
    case "protect":
      return "a person asks for the replica to be rebuilt";
    case "approve":
      return "a person approves";
    case "pause":
      return `a person pauses: ${command.because}`;
    case "resume":
      return "a person lets go on";
    case "abort":
      return "a person aborts the plan";
    default:
      return command satisfies never;
  }
}
