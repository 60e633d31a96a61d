// The merged configuration, value by value.
import type { Json } from "../json.ts";
import { isPlainObject } from "../spec/plain.ts";
import { didYouMean } from "../suggest.ts";
import { PalletError } from "../errors.ts";
import type { Configuration } from "./config.ts";
import type { Keys } from "./document.ts";
import { type Layer, type Said, saidText } from "./layers.ts";
import { redact } from "./redact.ts";

/** A value of the merged configuration, fit to be shown. Plain data. */
export interface ShownValue {
  /** `services.prod.region` */
  readonly key: string;
  readonly value: Json;
  /** `built in`, `user`, `project`, `variable` or `option`. */
  readonly layer: string;
  /** Where it was said: a place in a file, a variable, an option, `built in`. */
  readonly from: string;
  /** Values that it hides, the nearest first. */
  readonly shadows: readonly { readonly value: Json; readonly from: string }[];
}

/** Values within a value that stand for themselves: lists and empty maps are taken whole. */
function* inner(value: Json, keys: readonly string[]): Generator<[readonly string[], Json]> {
  if (isPlainObject(value) && Object.keys(value).length > 0) {
    for (const [key, item] of Object.entries(value)) yield* inner(item as Json, [...keys, key]);
  } else yield [keys, value];
}

/** The value under some keys, of what a layer says. */
function valueAt(value: Json, keys: readonly string[]): Json | undefined {
  let at: Json | undefined = value;
  for (const key of keys) {
    if (!isPlainObject(at) || !Object.hasOwn(at, key)) return undefined;
    at = at[key] as Json;
  }
  return at;
}

/** A place within an item that was taken whole, as its layer knows it. */
function saidWithin(layers: readonly Layer[], said: Said, keys: Keys): Said {
  const { origin } = said;
  if (origin === undefined) return said;
  const layer = layers.find((one) => one.name === said.layer && one.said(keys).origin?.file === origin.file);
  return layer?.said(keys) ?? said;
}

/**
 * All values of a configuration, or those below a key, without secrets.
 *
 * @param place spells a place in a file
 * @throws {PalletError} of kind `usage` for a key that nothing is said under.
 */
export function showConfiguration(
  { entries, layers }: Configuration,
  key: string | undefined,
  place: Parameters<typeof saidText>[1],
): readonly ShownValue[] {
  const all = entries.flatMap((entry) =>
    [...inner(entry.value, entry.keys)].map(([keys, value]): ShownValue => ({
      key: keys.join("."),
      value: redact(keys, value),
      layer: entry.said.layer,
      from: saidText(saidWithin(layers, entry.said, keys), place),
      shadows: entry.shadows.flatMap(({ value: hidden, said }) => {
        const own = valueAt(hidden, keys.slice(entry.keys.length));
        const from = saidText(saidWithin(layers, said, keys), place);
        return own === undefined ? [] : [{ value: redact(keys, own), from }];
      }),
    }))
  );
  if (key === undefined) return all;
  const found = all.filter((one) => one.key === key || one.key.startsWith(`${key}.`));
  if (found.length > 0) return found;
  const known = new Set(
    all.flatMap((one) => one.key.split(".").map((_, at, keys) => keys.slice(0, at + 1).join("."))),
  );
  throw new PalletError(`Nothing is configured under "${key}".${didYouMean(key, known)}`, {
    kind: "usage",
    help: "`pallet config show` lists all there is.",
  });
}
