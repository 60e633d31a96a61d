// Everything that can be told about a machine.
import { object, v } from "../../engine/schema.ts";
import { networkSchema } from "./adapters.ts";
import { storageSchema } from "./storage.ts";

const text = v.pipe(v.string(), v.nonEmpty("must not be empty"));
const count = v.pipe(v.number(), v.integer("must be a whole number"), v.minValue(1, "must be 1 or more"));
const onOff = v.optional(v.boolean());

const sharedFolder = object({
  name: text,
  path: text,
  automount: v.optional(v.boolean()),
  writable: v.optional(v.boolean()),
});

/** All that can be told about a machine's hardware. */
const attributes = {
  cores: v.optional(count),
  /** Megabytes. */
  ram: v.optional(count),
  /** Megabytes. */
  vram: v.optional(count),
  description: v.optional(text),
  osType: v.optional(text),
  /** Devices in the order in which they are tried; places that are not told are none. */
  bootOrder: v.optional(
    v.pipe(
      v.array(v.picklist(["disk", "dvd", "network", "floppy", "none"])),
      v.maxLength(4, "must have at most 4 devices"),
    ),
  ),
  utc: onOff,
  clipboard: v.optional(v.picklist(["disabled", "host-to-guest", "guest-to-host", "bidirectional"])),
  dragAndDrop: v.optional(v.picklist(["disabled", "host-to-guest", "guest-to-host", "bidirectional"])),
  firmware: v.optional(v.picklist(["bios", "efi", "efi32", "efi64"])),
  chipset: v.optional(v.picklist(["piix3", "ich9", "armv8virtual"])),
  graphics: v.optional(v.picklist(["none", "vboxvga", "vmsvga", "vboxsvga", "qemuramfb"])),
  pointing: v.optional(v.picklist(["ps2", "usb", "usbtablet", "usbmultitouch", "usbmtscreenpluspad"])),
  keyboard: v.optional(v.picklist(["ps2", "usb"])),
  monitors: v.optional(count),
  /** Megabytes that the machine may take back. */
  memoryBalloon: v.optional(
    v.pipe(v.number(), v.integer("must be a whole number"), v.minValue(0, "must be 0 or more")),
  ),
  cpuHotplug: onOff,
  /** Percent of a core's time. */
  cpuCap: v.optional(v.pipe(count, v.maxValue(100, "must be at most 100 percent"))),
  ioApic: onOff,
  acpi: onOff,
  hpet: onOff,
  pae: onOff,
  nestedVirtualization: onOff,
  pageFusion: onOff,
  teleporter: onOff,
  accelerate3d: onOff,
  accelerate2d: onOff,
  snapshotFolder: v.optional(text),
  /** How it is started. */
  start: v.optional(v.picklist(["headless", "gui", "sdl", "separate"])),
  sharedFolders: v.optional(v.array(sharedFolder)),
  storage: v.optional(storageSchema),
  network: v.optional(networkSchema),
};

/** What `provider.virtualbox` of a size may hold. */
export const hardwareExtras = object({ extends: v.optional(text), ...attributes });

/** What is told about a machine. */
export type Attributes = Omit<v.InferOutput<typeof hardwareExtras>, "extends">;
