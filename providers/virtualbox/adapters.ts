// Adapters of machines: presets, or any list of up to eight.
import { object, type Schema, v } from "../../engine/schema.ts";

const text = v.pipe(v.string(), v.nonEmpty("must not be empty"));
const port = v.pipe(
  v.number(),
  v.integer("must be a port, 1 to 65535"),
  v.minValue(1, "must be a port, 1 to 65535"),
  v.maxValue(65535, "must be a port, 1 to 65535"),
);

const forward = object({
  name: v.optional(v.pipe(text, v.regex(/^[\w.-]+$/, "must be letters, digits, dots, dashes"))),
  protocol: v.optional(v.picklist(["tcp", "udp"])),
  hostAddress: v.optional(v.pipe(v.string(), v.ip("must be an IP address"))),
  hostPort: v.optional(port),
  guestPort: port,
});

const adapter = v.pipe(
  object({
    attach: v.picklist([
      "host-only",
      "host-only-network",
      "bridged",
      "nat",
      "nat-network",
      "internal",
      "generic",
    ]),
    interface: v.optional(text),
    network: v.optional(text),
    driver: v.optional(text),
    type: v.optional(v.picklist(["Am79C970A", "Am79C973", "82540EM", "82543GC", "82545EM", "virtio"])),
    mac: v.optional(
      v.pipe(v.string(), v.regex(/^(?:[0-9A-Fa-f]{2}[:-]?){5}[0-9A-Fa-f]{2}$/, "must be a hardware address")),
    ),
    speed: v.optional(
      v.pipe(v.number(), v.integer("must be whole kilobits"), v.minValue(1, "must be 1 or more")),
    ),
    connected: v.optional(v.boolean()),
    promiscuous: v.optional(v.picklist(["deny", "allow-vms", "allow-all"])),
    forwards: v.optional(v.array(forward)),
    management: v.optional(v.boolean()),
    address: v.optional(
      v.pipe(
        v.string(),
        v.regex(/^(?:\d{1,3}\.){3}\d{1,3}\/\d{1,2}$/, "must be an address and its network: 192.168.56.10/24"),
      ),
    ),
    gateway: v.optional(v.pipe(v.string(), v.ipv4("must be an IPv4 address"))),
  }),
);

/** One adapter of a machine. */
export type Adapter = v.InferOutput<typeof adapter>;

/** Adapters that have names. */
export const presets: Readonly<Record<"local" | "bridged" | "nat", readonly Adapter[]>> = {
  local: [{ attach: "host-only" }, { attach: "nat" }],
  bridged: [{ attach: "bridged" }],
  nat: [{ attach: "nat" }],
};

/** `local`, `bridged`, `nat`, or a list of adapters. */
export type Network = keyof typeof presets | readonly Adapter[];

const list = v.pipe(
  v.array(adapter),
  v.minLength(1, "must have at least one adapter"),
  v.maxLength(8, "must have at most 8 adapters"),
);

/** The schema of a network: told apart first, so that a wrong list is told by its own keys. */
export const networkSchema: Schema<Network> = v.lazy((value) =>
  Array.isArray(value) ? list : v.picklist(["local", "bridged", "nat"])
) as Schema<Network>;
