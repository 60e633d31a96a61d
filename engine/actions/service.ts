import { sh } from "../script/sh.ts";
import { object, v } from "../schema.ts";
import type { Action } from "./action.ts";
import { servicesLibrary } from "./bash_services.ts";
import { type ActionOptions, makeAction } from "./define.ts";
import type { ActionDefinition } from "./definition.ts";
import { text } from "./fields.ts";

/** In the order in which they are done: one that is enabled and started is enabled first. */
const ACTIONS = ["enable", "disable", "stop", "start", "restart", "reload"] as const;

/** What is done to a service. */
export type ServiceAction = typeof ACTIONS[number];

const OPPOSITES: readonly (readonly ServiceAction[])[] = [
  ["start", "stop", "restart", "reload"],
  ["enable", "disable"],
];

const schema = object({
  name: v.pipe(text, v.regex(/^[^-/\s\p{Cc}][^/\s\p{Cc}]*$/u, "must be the name of a service")),
  action: v.optional(
    v.pipe(
      v.unknown(),
      v.transform((given) => typeof given === "string" ? [given] : given),
      v.array(v.picklist(ACTIONS)),
      v.nonEmpty("must name an action"),
      v.check(
        (given) => OPPOSITES.every((group) => group.filter((name) => given.includes(name)).length <= 1),
        "must not name actions that exclude each other",
      ),
      v.transform((given) => ACTIONS.filter((name) => given.includes(name))),
    ),
    "start",
  ),
});

type Args = v.InferOutput<typeof schema>;

/** Options of {@linkcode service}. */
export interface ServiceOptions extends ActionOptions {
  /**
   * `start` unless told; several where they fit together: `["enable", "start"]`. `start`, `stop`, `enable` and `disable`
   * do nothing when it is so already; `restart` and `reload` are done at every run, and start one that is stopped.
   */
  readonly action?: ServiceAction | readonly ServiceAction[];
}

/** How a {@linkcode service} action becomes bash. */
export const serviceAction: ActionDefinition<Args> = {
  kind: "service",
  root: true,
  schema,
  subject: (args) => `${args.name} ${args.action.join(",")}`,
  describe: (args) => `${args.name} (${args.action.join(", ")})`,
  provides: () => [],
  needs: (args) => [`service:${args.name}`],
  script: (args) => sh`pallet_service ${args.name} ${args.action}`,
  library: servicesLibrary,
};

/**
 * A service of the node, by systemd, runit or an init script, whichever the node runs. A failure shows the last that
 * the service said.
 *
 * @throws {PalletError} for actions that exclude each other, or a wrong option.
 *
 * @example
 * ```ts
 * import { onChange, remoteFile, service } from "pallet";
 *
 * const conf = remoteFile("/etc/nginx/nginx.conf", { content: "events {}\n" });
 * const phase = () => [
 *   conf,
 *   service("nginx", { action: ["enable", "start"] }),
 *   onChange(conf, service("nginx", { action: "reload" })),
 * ];
 * ```
 */
export function service(name: string, options: ServiceOptions = {}): Action {
  return makeAction(serviceAction, { name, ...options });
}
