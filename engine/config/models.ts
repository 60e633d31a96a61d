// Images and sizes of a configuration, as providers take them.
import { formatOrigin } from "../errors.ts";
import type { HardwareModel, ImageModel, Models } from "../provider/models.ts";
import { type Configuration, pathOf } from "./config.ts";
import { saidText } from "./layers.ts";
import { below, type Entry } from "./merge.ts";
import type { HardwareValues, ImageValues } from "./schema.ts";

function placesOf({ said, shadows }: Entry): Pick<ImageModel, "origin" | "shadows"> {
  return {
    origin: saidText(said, formatOrigin),
    shadows: shadows.map((one) => saidText(one.said, formatOrigin)),
  };
}

/** A model without keys that are not told. */
function told<T extends object>(values: T): { readonly [K in keyof T]: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as never;
}

/** The models of merged layers, in the order in which they were first said. */
export function modelsOf(
  { entries }: Pick<Configuration, "entries">,
  env: (name: string) => string | undefined = (name) => Deno.env.get(name),
): Models {
  // Files hold what their schema allows.
  const images = below(entries, "images").map(([id, entry]): ImageModel => {
    const { "private-key": key, password, disk, provider = {}, ...rest } = entry
      .value as unknown as ImageValues;
    const path = (text: string | undefined) => text === undefined ? undefined : pathOf(text, entry.said, env);
    return {
      id,
      ...told({ ...rest, privateKey: path(key), disk: path(disk) }),
      ...(password === undefined
        ? {}
        : { password: password.file === undefined ? password : { file: path(password.file) } }),
      provider,
      ...placesOf(entry),
    } as ImageModel;
  });
  const hardware = below(entries, "hardware").map(([id, entry]): HardwareModel => {
    const { provider = {}, ...rest } = entry.value as unknown as HardwareValues;
    return { id, ...told(rest), provider, ...placesOf(entry) } as HardwareModel;
  });
  return { images, hardware };
}
