// Images that machines are made from: models of the configuration, of files beside their disks, or of a node spec.
import { parseOs } from "../../engine/os/parse.ts";
import { resolvePath } from "../../engine/paths.ts";
import { imageFits, imageSpecProblems, imageValues, USER_NAME } from "../../engine/provider/image_choice.ts";
import type { ImageModel } from "../../engine/provider/models.ts";
import type { Image, Problem } from "../../engine/provider/provider.ts";
import { object, type Schema, v } from "../../engine/schema.ts";
import type { ImageSpec } from "../../engine/spec/types.ts";
import { credential, credentialAt } from "../../engine/secrets/credential.ts";
import { didYouMean } from "../../engine/suggest.ts";
import { hardwareExtras } from "./attributes.ts";
import { extrasOf, extrasProblems } from "./keys.ts";
import { networkSchema } from "./adapters.ts";

const text = v.pipe(v.string(), v.nonEmpty("must not be empty"));

/** What `provider.virtualbox` of an image may hold. */
const imageExtras = object({
  /** VirtualBox's own word for the system: `Debian_64`. */
  osType: v.optional(text),
  /** Whether the image has cloud-init, and takes user, keys and network from a seed. */
  cloudInit: v.optional(v.boolean()),
  /** What machines of this image have, where their size does not say. */
  hardware: v.optional(hardwareExtras),
  network: v.optional(networkSchema),
});

/** What is told of an image besides its model. */
export type ImageExtras = v.InferOutput<typeof imageExtras>;

const user = v.pipe(
  v.string(),
  v.regex(USER_NAME, "must be a user's name: small letters, digits, dashes"),
);

/** An image that a node spec tells whole: `provider.virtualbox.image`. */
const inlineImage = object({
  os: v.pipe(
    v.string(),
    v.regex(/^[a-z][a-z0-9_.]*(?:-[\w.]+)?$/, 'must be a system and its version, as "debian-12"'),
  ),
  disk: text,
  description: v.optional(text),
  architecture: v.optional(text),
  username: v.optional(user),
  privateKey: v.optional(text),
  password: v.optional(credential),
  ...imageExtras.entries,
});

/** A model with what VirtualBox is told of it. */
export interface BoxImage {
  readonly model: ImageModel;
  readonly disk: string;
  readonly extras: ImageExtras;
  /** Whether nodes get a seed. */
  readonly seeded: boolean;
  readonly image: Image;
}

/** What a system is called by VirtualBox. */
const OS_TYPES: Readonly<Record<string, string>> = {
  debian: "Debian",
  ubuntu: "Ubuntu",
  fedora: "Fedora",
  rhel: "RedHat",
  rocky: "RedHat",
  almalinux: "RedHat",
  centos: "RedHat",
  ol: "Oracle",
  opensuse: "OpenSUSE",
  arch: "ArchLinux",
};

/** The architecture as `uname -m` prints it. */
function archOf(architecture: string | undefined): string {
  const told = architecture ?? Deno.build.arch;
  return ({ amd64: "x86_64", x64: "x86_64", arm64: "aarch64" } as Record<string, string>)[told] ?? told;
}

/** VirtualBox's word for an image's system, unless it says another. */
export function osTypeOf({ image, extras: { osType } }: BoxImage): string {
  const ending = image.arch === "aarch64" ? "_arm64" : image.arch === "x86_64" ? "_64" : "";
  return osType ?? `${OS_TYPES[image.os.id] ?? (image.arch === "aarch64" ? "Linux" : "Linux26")}${ending}`;
}

/** The user whom the seed makes where nobody says another. */
export const SEED_USER = "pallet";

function boxImage(model: ImageModel, disk: string, own: ImageExtras): BoxImage {
  const seeded = own.cloudInit ?? (model.privateKey === undefined && model.password === undefined);
  return {
    model,
    disk,
    extras: own,
    seeded,
    image: {
      id: model.id,
      os: parseOs(model.os).os,
      arch: archOf(model.architecture),
      description: model.description ?? disk,
      origin: model.origin,
      ...(model.shadows.length === 0 ? {} : { shadows: model.shadows }),
      disk,
      loginUser: model.username ?? SEED_USER,
    },
  };
}

/** Models with disks as images; `wrong` gets what is wrong with one, which is then left out. */
export function boxImages(
  models: readonly ImageModel[],
  wrong: (problem: Problem) => void,
): readonly BoxImage[] {
  return models.flatMap((model) => {
    // Models without a disk are another provider's.
    if (model.disk === undefined) return [];
    const own = model.provider["virtualbox"] ?? {};
    const problems = extrasProblems(imageExtras, own, `image "${model.id}" (${model.origin})`);
    problems.forEach(wrong);
    return problems.length > 0
      ? []
      : [boxImage(model, model.disk, extrasOf(imageExtras as Schema<ImageExtras>, own))];
  });
}

/** The image that a node spec tells whole; paths in it are relative to the service's folder. */
export function imageInline(value: unknown, baseDir: string): BoxImage | readonly Problem[] {
  const path = "provider.virtualbox.image";
  const problems = extrasProblems(inlineImage, value, path);
  if (problems.length > 0) return problems;
  const { os, disk, description, architecture, username, privateKey, password, ...own } = extrasOf(
    inlineImage,
    value,
  );
  const model: ImageModel = {
    id: `inline:${os}`,
    os,
    ...(description === undefined ? {} : { description }),
    ...(architecture === undefined ? {} : { architecture }),
    ...(username === undefined ? {} : { username }),
    ...(privateKey === undefined ? {} : { privateKey: resolvePath(privateKey, baseDir) }),
    ...(password === undefined ? {} : { password: credentialAt(password, baseDir) }),
    provider: {},
    origin: "node spec",
    shadows: [],
  };
  return boxImage(model, resolvePath(disk, baseDir), own as ImageExtras);
}

const values = { ...imageValues, hypervisorMatches: () => "virtualbox" };

/** What choosing goes by besides the spec. */
export interface ImageChoice {
  readonly images: readonly BoxImage[];
  /** Id of the image that is taken when it fits. */
  readonly preferred: string | undefined;
  /** Whether it is an error when more than one fits and none is preferred. */
  readonly one: boolean;
}

/** The image for a spec: the preferred one if it fits, else the first that does; or what speaks against it. */
export function chooseImage(
  spec: ImageSpec,
  { images, preferred, one }: ImageChoice,
): BoxImage | readonly Problem[] {
  const ids = images.map(({ image }) => image.id);
  const known = ids.length === 0
    ? "There is none: pallet image add NAME --from FILE makes one of a cloud image."
    : `There is ${ids.join(", ")}.`;
  const problems = imageSpecProblems(spec, values);
  if (problems.length > 0) return problems;
  const { imageId } = spec;
  if (imageId !== undefined && !ids.includes(imageId)) {
    return [{
      path: "image.imageId",
      message: `there is no image "${imageId}".${didYouMean(imageId, ids)}`,
      help: known,
    }];
  }
  const fitting = images.filter(({ image }) => imageFits(spec, image, values));
  const chosen = fitting.find(({ image }) => image.id === preferred) ?? fitting[0];
  if (chosen === undefined) {
    return [{ path: "image", message: `no image fits ${JSON.stringify(spec)}`, help: known }];
  }
  if (one && fitting.length > 1 && chosen.image.id !== preferred) {
    return [{
      path: "image",
      message: `${fitting.length} images fit ${JSON.stringify(spec)}: ${
        fitting.map(({ image }) => image.id).join(", ")
      }`,
      help: "Name one with imageId; or option ambiguous-image: first takes the first.",
    }];
  }
  return chosen;
}
