import { PalletError } from "../../errors.ts";

/** A line of a file of ssh's configuration. */
export interface Place {
  readonly file: string;
  /** From 1. */
  readonly line: number;
}

/** Something that ssh would refuse as well. */
export function fault(
  place: Place,
  why: string,
  help = "ssh refuses it too: see ssh_config(5).",
): PalletError {
  return new PalletError(`Cannot use the ssh configuration: ${why}`, {
    kind: "config",
    help,
    origin: { file: place.file, line: place.line, column: 1 },
  });
}
