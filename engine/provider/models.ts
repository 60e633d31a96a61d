// Images and sizes that a configuration defines, for providers that make nodes from models.
import type { JsonObject } from "../json.ts";
import type { Credential } from "../secrets/credential.ts";

/** What all models have. Plain data. */
interface Model {
  readonly id: string;
  readonly description?: string;
  /** Extras by name of a provider. */
  readonly provider: Readonly<Record<string, JsonObject>>;
  /** Where it is defined: `/srv/shop/pallet.yaml:3:5`. */
  readonly origin: string;
  /** Where others of its id are defined that it hides, the nearest first. */
  readonly shadows: readonly string[];
}

/** An image that somebody has made. */
export interface ImageModel extends Model {
  /** `debian-12` */
  readonly os: string;
  readonly architecture?: string;
  /** Absolute path. */
  readonly disk?: string;
  /** Who can log in to a node that was just made from it, and with which key: an absolute path. */
  readonly username?: string;
  readonly privateKey?: string;
  /** Where its password is, in place of a key or besides: an absolute path, a variable, a secret. */
  readonly password?: Credential;
}

/** A size for nodes. */
export interface HardwareModel extends Model {
  readonly cores?: number;
  /** Megabytes. */
  readonly ram?: number;
  /** Gigabytes. */
  readonly disk?: number;
}

/** All models of a configuration. */
export interface Models {
  readonly images: readonly ImageModel[];
  readonly hardware: readonly HardwareModel[];
}

/** No models. */
export const noModels: Models = { images: [], hardware: [] };

/**
 * Definitions of one kind: those of the configuration first, then a provider's own whose ids are still free. What is
 * hidden is named by what hides it.
 *
 * @example
 * ```ts
 * import { explicitFirst } from "./models.ts";
 *
 * const all = explicitFirst([{ id: "small", origin: "pallet.yaml:1:1" }], [{ id: "small", origin: "built in" }]);
 * console.assert(all.length === 1);
 * ```
 */
export function explicitFirst<
  T extends { readonly id: string; readonly origin: string; readonly shadows?: readonly string[] },
>(
  explicit: readonly T[],
  own: readonly T[],
): readonly T[] {
  const named = explicit.map((one) => {
    const hidden = own.filter(({ id }) => id === one.id).map(({ origin }) => origin);
    const shadows = [...one.shadows ?? [], ...hidden];
    return shadows.length === 0 ? one : { ...one, shadows };
  });
  return [...named, ...own.filter(({ id }) => named.every((one) => one.id !== id))];
}
