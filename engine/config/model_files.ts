// Folders of models: files that tell of the disks beside them.
import { basename, dirname, extname, join } from "node:path";
import { messageOf, PalletError } from "../errors.ts";
import { resolvePath } from "../paths.ts";
import type { HardwareModel, ImageModel, Models } from "../provider/models.ts";
import { readConfigFile } from "./file.ts";
import { layerOfFile } from "./layers.ts";
import { mergeLayers } from "./merge.ts";
import { modelsOf } from "./models.ts";

/** Endings of disks that a file of models may tell of without naming them. */
const DISKS = [".vdi", ".vmdk", ".vhd", ".img"];

async function modelFiles(folder: string): Promise<readonly string[]> {
  const names: string[] = [];
  try {
    for await (const { name } of Deno.readDir(folder)) {
      if (/\.(?:ya?ml|json)$/.test(name) && !name.startsWith(".")) names.push(name);
    }
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return [];
    throw new PalletError(`Cannot read folder "${folder}" of models: ${messageOf(error)}`, {
      kind: "config",
      cause: error,
    });
  }
  return names.sort().map((name) => join(folder, name));
}

async function isFile(path: string): Promise<boolean> {
  return await Deno.stat(path).then((info) => info.isFile, () => false);
}

/** The disk that a file tells of: the one it names, else the one that is called like it. */
async function diskBeside(file: string): Promise<string | undefined> {
  const stem = join(dirname(file), basename(file, extname(file)));
  for (const ending of DISKS) if (await isFile(stem + ending)) return stem + ending;
  return undefined;
}

/**
 * Models of all files (`*.yaml`, `*.yml`, `*.json`) of a folder, in the order of their names; the first of an id holds,
 * and names those that it hides. An image without `disk` has the disk that is called like its file; one whose disk is
 * not there is left out, and `skipped` is told why. There may be no such folder.
 *
 * @throws {PalletError} of kind `config` with the place of what is wrong in a file.
 */
export async function readModelFolder(
  folder: string,
  skipped: (message: string) => void,
  env: (name: string) => string | undefined = (name) => Deno.env.get(name),
): Promise<Models> {
  const path = resolvePath(folder, ".", env);
  const images = new Map<string, ImageModel>();
  const hardware = new Map<string, HardwareModel>();
  const keep = <T extends ImageModel | HardwareModel>(known: Map<string, T>, model: T) => {
    const first = known.get(model.id);
    known.set(
      model.id,
      first === undefined ? model : { ...first, shadows: [...first.shadows, model.origin] },
    );
  };
  for (const file of await modelFiles(path)) {
    const read = await readConfigFile(file, "project", "models");
    if (read === undefined) continue;
    const models = modelsOf({ entries: mergeLayers([layerOfFile(read)]) }, env);
    for (const model of models.hardware) keep(hardware, model);
    for (const model of models.images) {
      const disk = model.disk ?? await diskBeside(file);
      if (disk !== undefined && await isFile(disk)) keep(images, { ...model, disk });
      else {
        skipped(
          `image "${model.id}" (${model.origin}) is left out: its disk ${disk ?? "is not told"}${
            disk === undefined ? ", and none is called like the file" : " is not there"
          }`,
        );
      }
    }
  }
  return { images: [...images.values()], hardware: [...hardware.values()] };
}
