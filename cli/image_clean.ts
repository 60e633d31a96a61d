// Cleans the copy of a machine's disk that has no cloud-init, in a machine that is there for this alone.
import { createHash } from "node:crypto";
import { PalletError } from "../engine/errors.ts";
import { execScript, groupSpec, rawScript } from "../engine/mod.ts";
import { type ImageCleaner, machineCleaning } from "../providers/mod.ts";
import type { ImageService } from "./image_service.ts";
import type { Terminal } from "./terminal.ts";
import { throwaway } from "./throwaway.ts";

/** An image without cloud-init, into which somebody can log in. */
export interface KeyedImage {
  readonly name: string;
  readonly os: string;
  readonly username?: string;
  readonly privateKey: string;
}

/** What cleans the disk of an image that is made. */
export async function imageCleaner(
  image: KeyedImage,
  { options: service }: ImageService,
  terminal: Terminal,
): Promise<ImageCleaner> {
  const { name, ...login } = image;
  const script = rawScript(await machineCleaning());
  // The same for the next command of this name, and nobody else's.
  const digest = createHash("sha256").update(`${service.service.name}\0${name}`).digest("hex");
  const group = `image-create-${digest.slice(0, 8)}`;
  return {
    async clear() {
      const { destroy } = await import("../engine/run.ts");
      await destroy({ ...service, source: { specs: [groupSpec(group, { count: 0 })] }, yes: true });
    },
    async clean(disk, take) {
      const spec = groupSpec(group, {
        nodeSpec: { provider: { virtualbox: { image: { ...login, disk } } } },
        count: 1,
        phases: { configure: () => execScript(script) },
      });
      const { status } = await throwaway({
        service,
        terminal,
        group: spec,
        then: () => take(`${group}-1`),
      });
      if (status === 0) return;
      throw new PalletError(`Cannot clean the disk of image "${name}", so it is not made`, {
        kind: "provider",
        help:
          "What failed is told above; --user and --private-key have to be those of somebody who may become root.",
      });
    },
  };
}
