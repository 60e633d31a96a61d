import { join } from "node:path";
import { object, type Schema, v, validate } from "../../engine/schema.ts";
import { PalletError } from "../../engine/errors.ts";
import { resolvePath } from "../../engine/paths.ts";
import type { ServiceConfig } from "../../engine/provider/provider.ts";
import { parseSubnet, type Subnet } from "../lab/names.ts";
import { camelKeys } from "./keys.ts";
import { type Network, networkSchema } from "./adapters.ts";

/** Options of a VirtualBox service, all with a default. */
export interface BoxOptions {
  /** Services of different names know nothing of each other's machines. */
  readonly name: string;
  /** Path of the program; looked for unless told. */
  readonly vboxmanage?: string;
  /** Folder that the nodes' folders are in. */
  readonly nodePath: string;
  /** Folders of disks and of the files that tell of them. */
  readonly modelPaths: readonly string[];
  /** Id of the image for specs that ask for none. */
  readonly image?: string;
  /** Whether it is an error when several images fit. */
  readonly oneImage: boolean;
  readonly hardware: string;
  readonly network: Network;
  readonly localInterface?: string;
  readonly bridgedInterface?: string;
  /** Range of the host-only network where one has to be made. */
  readonly localRange: Subnet;
  /** Nodes that are made at one time. */
  readonly parallel: number;
  /** Seconds that a node may take until it answers. */
  readonly bootTimeout: number;
  /** Seconds that a node may take to power off by itself. */
  readonly stopTimeout: number;
  /** Seconds that a command of VBoxManage may take. */
  readonly commandTimeout: number;
  /** Whether a machine that could not be made is left for a look. */
  readonly keepFailed: boolean;
}

const text = v.pipe(v.string(), v.nonEmpty("must not be empty"));
const seconds = v.pipe(v.number(), v.minValue(1, "must be at least 1 second"));

/** What a VirtualBox service takes. */
export const optionsSchema = object({
  name: v.optional(v.pipe(v.string(), v.regex(/^[A-Za-z0-9._-]+$/, "must be letters, digits, dots, dashes"))),
  vboxmanage: v.optional(text),
  "node-path": v.optional(text),
  "model-path": v.optional(v.lazy((value) => Array.isArray(value) ? v.array(text) : text)),
  image: v.optional(text),
  "ambiguous-image": v.optional(v.picklist(["first", "error"])),
  hardware: v.optional(text),
  network: v.optional(networkSchema),
  "local-interface": v.optional(text),
  "bridged-interface": v.optional(text),
  "local-range": v.optional(text),
  parallel: v.optional(
    v.pipe(v.number(), v.integer("must be a whole number"), v.minValue(1, "must be 1 or more")),
  ),
  "boot-timeout": v.optional(seconds),
  "stop-timeout": v.optional(seconds),
  "command-timeout": v.optional(seconds),
  "keep-failed": v.optional(v.boolean()),
});

type Given = v.InferOutput<typeof optionsSchema>;

function rangeOf(given: string, service: ServiceConfig): Subnet {
  const subnet = parseSubnet(given);
  if (subnet !== undefined && subnet.prefix >= 16 && subnet.prefix <= 28) return subnet;
  throw new PalletError(
    `Invalid options of service "${service.name}": local-range: must be an IPv4 network of /16 to /28, not "${given}"`,
    {
      kind: "config",
      help: "For example: local-range: 192.168.56.0/24",
      ...(service.origin === undefined ? {} : { origin: service.origin }),
    },
  );
}

/** Folder of images that are added by command, within the provider's own folder. */
export function ownModels(stateDir: string): string {
  return join(stateDir, "models");
}

/**
 * The options of a service; paths are relative to the file that says them.
 *
 * @throws {PalletError} of kind `config` that names service, key and value.
 */
export function boxOptions(service: ServiceConfig, stateDir: string): BoxOptions {
  const { network: wanted, ...options } = service.options;
  const subject = wanted === undefined ? options : { ...options, network: camelKeys(wanted) };
  const given = validate(optionsSchema as Schema<Given>, subject, {
    what: `options of service "${service.name}"`,
    kind: "config",
    ...(service.origin === undefined ? {} : { origin: service.origin }),
  });
  const path = (told: string) => resolvePath(told, service.baseDir ?? Deno.cwd());
  const name = given.name ?? service.name;
  const models = given["model-path"] as string | readonly string[] | undefined;
  const optional = <K extends string>(key: K, value: string | undefined) =>
    (value === undefined ? {} : { [key]: value }) as { readonly [P in K]?: string };
  return {
    name,
    nodePath: given["node-path"] === undefined ? join(stateDir, name, "nodes") : path(given["node-path"]),
    modelPaths: [...[models ?? []].flat().map(path), ownModels(stateDir)],
    oneImage: given["ambiguous-image"] === "error",
    hardware: given.hardware ?? "small",
    network: given.network ?? "local",
    localRange: rangeOf(given["local-range"] ?? "192.168.56.0/24", service),
    parallel: given.parallel ?? 4,
    bootTimeout: given["boot-timeout"] ?? 300,
    stopTimeout: given["stop-timeout"] ?? 60,
    commandTimeout: given["command-timeout"] ?? 120,
    keepFailed: given["keep-failed"] ?? false,
    ...optional("vboxmanage", given.vboxmanage === undefined ? undefined : path(given.vboxmanage)),
    ...optional("image", given.image),
    ...optional("localInterface", given["local-interface"]),
    ...optional("bridgedInterface", given["bridged-interface"]),
  };
}
