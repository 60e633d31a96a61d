// Controllers of a machine and what is attached to them.
import { object, v } from "../../engine/schema.ts";
import type { Problem } from "../../engine/provider/provider.ts";

const text = v.pipe(v.string(), v.nonEmpty("must not be empty"));

const file = v.pipe(text, v.check((path) => /^(?:\/|[A-Za-z]:[\\/])/.test(path), "must be a whole path"));

/** How files of discs are called. */
export const DISC = /\.(?:iso|dmg|cdr|viso)$/i;

const device = v.lazy((value) => {
  if (value === null) return v.null();
  if (typeof value === "string") return v.picklist(["image", "seed", "dvd", "floppy"]);
  return object({
    /** A disc in the drive. */
    dvd: v.optional(v.pipe(file, v.regex(DISC, "must be a disc: .iso, .dmg, .cdr or .viso"))),
    /** The image of a floppy disk in the drive. */
    floppy: v.optional(file),
    /** A disk that is made with the machine and goes with it: gigabytes. Or the file of one, which is never written to. */
    disk: v.optional(
      v.lazy((disk) =>
        typeof disk === "string"
          ? file
          : v.pipe(v.number(), v.check((size) => size > 0, "must be more than 0 gigabytes"))
      ),
    ),
    format: v.optional(v.picklist(["VDI", "VMDK", "VHD"])),
    variant: v.optional(v.picklist(["Standard", "Fixed"])),
  });
});

const controller = object({
  name: v.optional(v.pipe(text, v.regex(/^[\w ]+$/, "must be letters, digits and spaces"))),
  bus: v.picklist(["ide", "sata", "scsi", "sas", "floppy", "virtio"]),
  type: v.optional(
    v.picklist([
      "PIIX3",
      "PIIX4",
      "ICH6",
      "IntelAHCI",
      "LsiLogic",
      "BusLogic",
      "LsiLogicSas",
      "I82078",
      "VirtIO",
    ]),
  ),
  ioCache: v.optional(v.boolean()),
  devices: v.optional(v.array(device)),
});

/** The schema of a machine's storage. */
export const storageSchema = v.pipe(v.array(controller), v.minLength(1, "must have at least one controller"));

/** A machine's storage. */
export type Storage = v.InferOutput<typeof storageSchema>;

/** A controller of it. */
export type Controller = Storage[number];

/** What is attached: the image's disk, the seed, an empty drive, a file in one, a disk; null: nothing. */
type Device = "image" | "seed" | "dvd" | "floppy" | null | {
  readonly dvd?: string | undefined;
  readonly floppy?: string | undefined;
  /** Gigabytes of a disk of its own, or the file of one that is shared. */
  readonly disk?: number | string | undefined;
  readonly format?: "VDI" | "VMDK" | "VHD" | undefined;
  readonly variant?: "Standard" | "Fixed" | undefined;
};

/** A device at its place. */
export interface Slot {
  readonly controller: string;
  readonly port: number;
  readonly device: number;
  readonly what: Exclude<Device, null>;
}

/** A controller with its name. */
export interface NamedController {
  readonly name: string;
  readonly bus: Controller["bus"];
  readonly type?: string;
  readonly ioCache?: boolean;
  readonly ports: number;
}

/** All controllers and devices of a machine. */
export interface Layout {
  readonly controllers: readonly NamedController[];
  readonly slots: readonly Slot[];
}

/** The storage of machines that say nothing of it. */
export const defaultStorage: Storage = [{ bus: "sata", type: "IntelAHCI", devices: ["image", "seed"] }];

/** Places of a controller, and how many of them are on one port. */
const ROOM: Readonly<Record<Controller["bus"], readonly [ports: number, devices: number]>> = {
  ide: [2, 2],
  sata: [30, 1],
  scsi: [16, 1],
  sas: [255, 1],
  floppy: [1, 2],
  virtio: [256, 1],
};

/** The storage with a drive for the seed, where one is needed and none is told. */
function withSeed(storage: Storage, seed: boolean): Storage {
  const has = storage.some(({ devices = [] }) => devices.some((one) => one === "seed"));
  if (has || !seed) return storage;
  const fits = storage.findIndex(({ bus, devices = [] }) =>
    (bus === "sata" || bus === "ide") && devices.length < ROOM[bus][0] * ROOM[bus][1]
  );
  if (fits === -1) return [...storage, { bus: "ide", name: "Seed", devices: ["seed"] }];
  return storage.map((one, at) => at === fits ? { ...one, devices: [...one.devices ?? [], "seed"] } : one);
}

/** Controllers and devices by their places. */
export function layoutOf(storage: Storage, seed: boolean): Layout {
  const all = withSeed(storage, seed);
  const name = ({ name, bus }: Controller) => name ?? `${bus.toUpperCase()} Controller`;
  return {
    controllers: all.map((one) => ({
      name: name(one),
      bus: one.bus,
      ...(one.type === undefined ? {} : { type: one.type }),
      ...(one.ioCache === undefined ? {} : { ioCache: one.ioCache }),
      ports: Math.max(1, Math.ceil((one.devices ?? []).length / ROOM[one.bus][1])),
    })),
    slots: all.flatMap((one) =>
      (one.devices ?? []).flatMap((device, at): readonly Slot[] => {
        const [, perPort] = ROOM[one.bus];
        // Lists of devices hold what their schema allows.
        const what = device as Device;
        if (what === null || what === "seed" && !seed) return [];
        return [{ controller: name(one), port: Math.floor(at / perPort), device: at % perPort, what }];
      })
    ),
  };
}

/** What speaks against a device of a controller. */
function deviceProblem(bus: Controller["bus"], device: Device): string | undefined {
  if (device === null) return undefined;
  const isFloppy = device === "floppy" || typeof device === "object" && device.floppy !== undefined;
  if (isFloppy !== (bus === "floppy")) {
    return isFloppy
      ? `a floppy is at a controller of floppy, not of ${bus}`
      : "a controller of floppy has floppies alone";
  }
  if (typeof device === "string") return undefined;
  const { dvd, floppy, disk, format, variant } = device;
  if ([dvd, floppy, disk].filter((one) => one !== undefined).length !== 1) {
    return "a device is one of a dvd, a floppy and a disk";
  }
  return typeof disk !== "number" && (format !== undefined || variant !== undefined)
    ? "a disk that is made has a format and a variant, and nothing else has"
    : undefined;
}

/** What speaks against a storage. */
export function storageProblems(storage: Storage, path: string): readonly Problem[] {
  const { controllers, slots } = layoutOf(storage, false);
  const names = controllers.map(({ name }) => name);
  const twice = names.find((name, at) => names.indexOf(name) < at);
  const images = slots.filter(({ what }) => what === "image").length;
  const full = storage.find(({ bus, devices = [] }) => devices.length > ROOM[bus][0] * ROOM[bus][1]);
  return [
    ...(twice === undefined ? [] : [{ path, message: `two controllers are called "${twice}"` }]),
    ...(images === 1 ? [] : [{
      path,
      message: images === 0
        ? 'no device is "image", the disk to boot from'
        : 'more than one device is "image"',
    }]),
    ...(full === undefined ? [] : [{
      path,
      message: `a controller of ${full.bus} has ${
        ROOM[full.bus][0] * ROOM[full.bus][1]
      } places, not ${full.devices?.length}`,
    }]),
    ...storage.flatMap(({ bus, devices = [] }) =>
      devices.flatMap((device) => deviceProblem(bus, device as Device) ?? []).map((message) => ({
        path,
        message,
      }))
    ),
  ];
}
