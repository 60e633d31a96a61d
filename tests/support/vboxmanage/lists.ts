// What there is, and what commands take.
import { usage } from "./failure.ts";
import { createUsage } from "./machines.ts";
import { mediumText } from "./media.ts";
import { isNew, modifyUsage } from "./modifyvm.ts";
import { listNetworks } from "./networks.ts";
import { longText } from "./show.ts";
import type { State } from "./state.ts";

/** `list` */
export function list(state: State, words: readonly string[]): string {
  const isLong = words.some((word) => word === "--long" || word === "-l");
  const [what = ""] = words.filter((word) => !word.startsWith("-"));
  const networks = listNetworks(state, what);
  if (networks !== undefined) return networks;
  const shown = state.machines.filter((one) => what === "vms" || one.state === "running");
  switch (what) {
    case "vms":
    case "runningvms":
      return shown.map((machine) =>
        isLong
          ? longText(state, machine)
          : `"${machine.state === "inaccessible" ? "<inaccessible>" : machine.name}" {${machine.uuid}}\n`
      ).join("");
    case "hdds":
      return state.media.filter(({ kind }) => kind === "disk").map((one) =>
        `${mediumText(state, one, isLong)}\n`
      ).join("");
    default:
      throw usage(`Unknown subcommand '${what}'`);
  }
}

/** `help` */
export function help(state: State, what: string | undefined): string {
  // 6.1 knows help for some commands alone.
  if (!isNew(state.version)) throw usage(`Invalid command '${what}'`);
  if (what === "modifyvm") return modifyUsage(state.version);
  if (what === "createvm") return createUsage(state.version);
  throw usage(`Invalid command '${what}'`);
}
