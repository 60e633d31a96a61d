// Which image an image spec means. All providers choose by the same keys; each says what an image of its own has for them.
import type { ImageSpec } from "../spec/types.ts";
import type { Image, Problem } from "./provider.ts";

/** Keys of an image spec that ask for a value of the image. */
type ValueKey = Exclude<keyof ImageSpec, "os64Bit" | "overrideLoginUser">;

/** What an image has for the keys of a spec; a key that is not there plays no part in choosing. */
export type ImageValues<I> = { readonly [K in ValueKey]?: (image: I) => string };

/** Values of an image as listings show it. */
export const imageValues = {
  imageId: (image) => image.id,
  osFamily: (image) => image.os.id,
  osVersion: (image) => image.os.version,
  osVersionMatches: (image) => image.os.version,
  osNameMatches: (image) => image.os.id,
  osDescriptionMatches: (image) => image.description,
  osArchMatches: (image) => image.arch,
  imageNameMatches: (image) => image.id,
  imageVersionMatches: (image) => image.os.version,
  imageDescriptionMatches: (image) => image.description,
} as const satisfies ImageValues<Image>;

/** What a user may be called on a fresh node. */
export const USER_NAME = /^[a-z_][a-z0-9_-]{0,31}$/;

/** A regular expression that must match the whole value; `undefined` when it is none. */
function whole(expression: string): RegExp | undefined {
  try {
    return new RegExp(`^(?:${expression})$`);
  } catch {
    return undefined;
  }
}

/** What a spec asks for among `values`. */
function wishes<I>(spec: ImageSpec, values: ImageValues<I>) {
  return (Object.keys(values) as ValueKey[]).flatMap((key) => {
    const [wanted, valueOf] = [spec[key], values[key]];
    return wanted === undefined || valueOf === undefined ? [] : [{ key, wanted, valueOf }];
  });
}

/**
 * Whether an image is one that a spec means. Expressions (`...Matches`) match a whole value.
 *
 * @example
 * ```ts
 * import { imageFits, imageValues } from "./image_choice.ts";
 *
 * const image = {
 *   id: "debian-12",
 *   os: { id: "debian", family: "debian", version: "12", codename: "bookworm" },
 *   arch: "x86_64",
 *   description: "Debian 12",
 *   origin: "built in",
 *   loginUser: "root",
 * };
 * console.assert(imageFits({ osVersionMatches: "1[0-2]" }, image, imageValues));
 * console.assert(!imageFits({ osVersionMatches: "1" }, image, imageValues));
 * ```
 */
export function imageFits<I extends { readonly arch: string }>(
  spec: ImageSpec,
  image: I,
  values: ImageValues<I>,
): boolean {
  if (spec.os64Bit !== undefined && spec.os64Bit !== /64/.test(image.arch)) return false;
  return wishes(spec, values).every(({ key, wanted, valueOf }) =>
    key.endsWith("Matches") ? whole(wanted)?.test(valueOf(image)) === true : wanted === valueOf(image)
  );
}

/** What is wrong with a spec by itself: an expression that is none, a user that can be none. */
export function imageSpecProblems<I>(spec: ImageSpec, values: ImageValues<I>): readonly Problem[] {
  const problems = wishes(spec, values)
    .filter(({ key, wanted }) => key.endsWith("Matches") && whole(wanted) === undefined)
    .map(({ key, wanted }) => ({
      path: `image.${key}`,
      message: `is no regular expression: ${JSON.stringify(wanted)}`,
    }));
  const user = spec.overrideLoginUser;
  if (user === undefined || USER_NAME.test(user)) return problems;
  return [...problems, {
    path: "image.overrideLoginUser",
    message: `is no name of a user: ${JSON.stringify(user)}`,
  }];
}
