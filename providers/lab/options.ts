import { PalletError } from "../../engine/errors.ts";
import { object, type Schema, v, validate } from "../../engine/schema.ts";
import type { ServiceConfig } from "../../engine/provider/provider.ts";
import { parseSubnet, type Subnet } from "./names.ts";

/** Options of a lab service, all with a default. */
export interface LabOptions {
  /** Name of the lab; labs of different names share nothing but images. The service's name unless told. */
  readonly name: string;
  /** Id of the image for specs that ask for none. */
  readonly image?: string;
  readonly subnet?: Subnet;
  /** Name servers of the nodes; the machine's own unless told. */
  readonly dns: readonly string[];
  /** Proxy for building images. */
  readonly proxy?: string;
  readonly mirrors: { readonly debian?: string; readonly debianSecurity?: string; readonly ubuntu?: string };
  /** Seconds a node may take until it answers. */
  readonly bootTimeout: number;
}

const url = v.pipe(v.string(), v.url("must be a URL"));
/** What a lab service takes. */
export const optionsSchema = object({
  name: v.optional(v.pipe(v.string(), v.regex(/^[A-Za-z0-9._-]+$/, "must be letters, digits, dots, dashes"))),
  image: v.optional(v.string()),
  subnet: v.optional(v.string()),
  dns: v.optional(v.array(v.pipe(v.string(), v.ip("must be an IP address")))),
  proxy: v.optional(url),
  mirrors: v.optional(
    object({ debian: v.optional(url), "debian-security": v.optional(url), ubuntu: v.optional(url) }),
  ),
  "boot-timeout": v.optional(v.pipe(v.number(), v.minValue(1, "must be at least 1 second"))),
});

function subnetOf(text: string, service: ServiceConfig): Subnet {
  const subnet = parseSubnet(text);
  if (subnet !== undefined && subnet.prefix >= 16 && subnet.prefix <= 29) return subnet;
  throw new PalletError(
    `Invalid options of service "${service.name}": subnet: must be an IPv4 network of /16 to /29, not "${text}"`,
    {
      kind: "config",
      help: "For example: subnet: 10.99.0.0/24",
      ...(service.origin === undefined ? {} : { origin: service.origin }),
    },
  );
}

/**
 * The options of a service.
 *
 * @throws {PalletError} of kind `config` that names service, key and value.
 */
export function labOptions(service: ServiceConfig): LabOptions {
  const given = validate(optionsSchema as Schema<v.InferOutput<typeof optionsSchema>>, service.options, {
    what: `options of service "${service.name}"`,
    kind: "config",
    ...(service.origin === undefined ? {} : { origin: service.origin }),
  });
  const { debian, ubuntu, "debian-security": debianSecurity } = given.mirrors ?? {};
  const proxy = given.proxy ?? Deno.env.get("http_proxy");
  return {
    name: given.name ?? service.name,
    dns: given.dns ?? [],
    bootTimeout: given["boot-timeout"] ?? 60,
    mirrors: {
      ...(debian === undefined ? {} : { debian }),
      ...(debianSecurity === undefined ? {} : { debianSecurity }),
      ...(ubuntu === undefined ? {} : { ubuntu }),
    },
    ...(given.image === undefined ? {} : { image: given.image }),
    ...(proxy === undefined || proxy === "" ? {} : { proxy }),
    ...(given.subnet === undefined ? {} : { subnet: subnetOf(given.subnet, service) }),
  };
}
