import { sh } from "../script/sh.ts";
import { object, v } from "../schema.ts";
import type { Action } from "./action.ts";
import { makeAction } from "./define.ts";
import type { ActionDefinition } from "./definition.ts";
import { host, port } from "./fields.ts";
import { waitEntries, waitLibrary, type WaitOptions, waitWords } from "./waiting.ts";

const schema = object({
  port,
  host: v.optional(host, "127.0.0.1"),
  ...waitEntries,
});

type Args = v.InferOutput<typeof schema>;

/** Options of {@linkcode waitForPort}. */
export interface WaitForPortOptions extends WaitOptions {
  /** Name or address, as the node sees it; the node itself unless told. */
  readonly host?: string | { toString(): string };
}

/** Opens a connection, for what waits for one. */
const connectLibrary: string = sh`
pallet_connect() { # HOST PORT: whether somebody takes a connection there, within 5 seconds
  local status=0
  timeout 5 bash -c 'exec 3<>"/dev/tcp/$1/$2"' connect "$1" "$2" 2>/dev/null || status=$?
  case $status in
    0) return 0 ;;
    124) pallet_seen="$1 port $2 does not answer" ;;
    *) pallet_seen="$1 port $2 refuses connections, or cannot be reached" ;;
  esac
  return 1
}
`.text;

/** How a {@linkcode waitForPort} action becomes bash. */
export const waitForPortAction: ActionDefinition<Args> = {
  kind: "waitForPort",
  schema,
  subject: (args) => `${args.host}:${args.port}`,
  describe: (args) => `${args.host}:${args.port}`,
  provides: () => [],
  needs: () => [],
  script: (args) =>
    sh`pallet_wait ${
      waitWords(args)
    } ${`port ${args.port} of ${args.host} is open`} pallet_connect ${args.host} ${args.port}`,
  library: [waitLibrary, connectLibrary],
};

/**
 * Waits until a TCP port takes connections, as the node sees it.
 *
 * @throws {PalletError} for what is no port, or a wrong option.
 *
 * @example
 * ```ts
 * import { waitForPort } from "pallet";
 *
 * waitForPort(3306, { serviceName: "MariaDB", maxRetries: 15, standoff: 1 });
 * ```
 */
export function waitForPort(port: number, options: WaitForPortOptions = {}): Action {
  return makeAction(waitForPortAction, { port, ...options });
}
