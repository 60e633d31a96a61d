// Which image a spec means: by id, by a public parameter of SSM, or the newest of an operating system.
import { imageFits, imageSpecProblems, type ImageValues } from "../../engine/provider/image_choice.ts";
import type { Image, Problem } from "../../engine/provider/provider.ts";
import type { ImageSpec } from "../../engine/spec/types.ts";
import type { Ec2Api } from "./api.ts";
import { isNotFound } from "./errors.ts";
import { awsArch, compareVersions, type Ec2Image, imageOf, newestFirst, publicImage } from "./image.ts";
import { isVersion, osNamed, type Publisher, publisherOf, publishers } from "./owners.ts";

/** Operating system of nodes whose spec and service ask for none. */
const defaultOs = "debian";

const values = {
  osVersionMatches: (image: Ec2Image) => image.os?.version ?? "",
  osNameMatches: (image: Ec2Image) => image.os?.id ?? "",
  osDescriptionMatches: (image: Ec2Image) => image.description,
  osArchMatches: (image: Ec2Image) => image.arch,
  imageNameMatches: (image: Ec2Image) => image.name,
  imageDescriptionMatches: (image: Ec2Image) => image.description,
  hypervisorMatches: (image: Ec2Image) => image.hypervisor,
} as const satisfies ImageValues<Ec2Image>;

/** What can be said against an image spec without asking AWS. */
export function imageProblems(spec: ImageSpec): readonly Problem[] {
  const problems: Problem[] = [];
  const refuse = (key: keyof ImageSpec, message: string, help?: string) =>
    problems.push({ path: `image.${key}`, message, ...(help === undefined ? {} : { help }) });
  const { imageId, osFamily } = spec;
  if (imageId !== undefined && !/^(?:ami-[0-9a-z]+|(?:resolve:ssm:)?\/\S+)$/.test(imageId)) {
    refuse(
      "imageId",
      `is no image of EC2: ${JSON.stringify(imageId)}`,
      "Name an image (ami-0123456789abcdef0) or a public parameter (/aws/service/...).",
    );
  }
  if (imageId === undefined && osFamily !== undefined && publisherOf(osFamily) === undefined) {
    const known = publishers.map(({ os }) => os).join(", ");
    refuse(
      "osFamily",
      `nobody is known who publishes images of "${osFamily}"`,
      `Known are ${known}; others by imageId.`,
    );
  }
  if (spec.imageVersionMatches !== undefined) {
    refuse(
      "imageVersionMatches",
      "images of EC2 have no version of their own",
      "Choose by imageNameMatches.",
    );
  }
  if (spec.os64Bit === false) refuse("os64Bit", "EC2 has images of 64 bits alone");
  return [...problems, ...imageSpecProblems(spec, values)];
}

/** Images of one account and region, each asked for once. */
export interface Images {
  /** The image of a spec for an architecture; nothing when none fits. */
  find(spec: ImageSpec, arch: string | undefined, signal?: AbortSignal): Promise<Ec2Image | undefined>;
  /** The newest image of each version that known publishers have. */
  list(signal?: AbortSignal): Promise<readonly Image[]>;
}

/** What a spec says of an image itself, over what its publisher is known for. */
function declared(spec: ImageSpec, image: Ec2Image): Ec2Image {
  const { osFamily, osVersion, overrideLoginUser } = spec;
  const os = osFamily === undefined || spec.imageId === undefined
    ? image.os
    : osNamed(osFamily, osVersion ?? image.os?.version ?? "");
  const user = overrideLoginUser ?? image.user ??
    (osFamily === undefined ? undefined : publisherOf(osFamily)?.user);
  return { ...image, ...(os === undefined ? {} : { os }), ...(user === undefined ? {} : { user }) };
}

const shared = [
  { Name: "state", Values: ["available"] },
  { Name: "root-device-type", Values: ["ebs"] },
  { Name: "virtualization-type", Values: ["hvm"] },
  { Name: "image-type", Values: ["machine"] },
];

/** Images of an account and region. `parameter` reads a public parameter of SSM. */
export function openImages(
  api: Ec2Api,
  defaultImage: string | undefined,
  parameter: (name: string, signal?: AbortSignal) => Promise<string>,
): Images {
  const known = new Map<string, Promise<readonly Ec2Image[]>>();
  const once = (key: string, ask: () => Promise<readonly Ec2Image[]>): Promise<readonly Ec2Image[]> => {
    const asked = known.get(key) ?? ask();
    known.set(key, asked);
    // What failed is asked again.
    asked.catch(() => known.delete(key));
    return asked;
  };

  const byId = (id: string, signal?: AbortSignal) =>
    once(id, async () => {
      try {
        const { Images: images = [] } = await api.describeImages(
          { ImageIds: [id], IncludeDeprecated: true },
          signal,
        );
        return images.map(imageOf);
      } catch (thrown) {
        if (isNotFound(thrown)) return [];
        throw thrown;
      }
    });

  const published = (publisher: Publisher, version: string | undefined, arch: string, signal?: AbortSignal) =>
    once(`${publisher.os} ${version} ${arch}`, async () => {
      const { Images: images = [] } = await api.describeImages({
        Owners: [publisher.owner],
        Filters: [
          ...shared,
          { Name: "architecture", Values: [awsArch(arch)] },
          { Name: "name", Values: [...publisher.names(version)] },
        ],
      }, signal);
      const found = images.map(imageOf).filter(({ os }) =>
        os !== undefined && (version === undefined || isVersion(os.version, version))
      );
      return newestFirst(found);
    });

  return {
    async find(spec, arch, signal) {
      const asked = spec.imageId ?? (spec.osFamily === undefined ? defaultImage : undefined);
      if (asked !== undefined) {
        const path = asked.replace(/^resolve:ssm:/, "");
        const id = path.startsWith("/") ? await parameter(path, signal) : path;
        const [image] = await byId(id, signal);
        const whole = { ...spec, imageId: id };
        return image === undefined || !imageFits(spec, declared(whole, image), values)
          ? undefined
          : declared(whole, image);
      }
      const publisher = publisherOf(spec.osFamily ?? defaultOs);
      if (publisher === undefined) return undefined;
      const images = await published(publisher, spec.osVersion, arch ?? "x86_64", signal);
      const fitting = images.filter((image) => imageFits(spec, image, values));
      const anyVersion = spec.osVersion === undefined && spec.osVersionMatches === undefined &&
        spec.imageNameMatches === undefined;
      const preferred = anyVersion
        ? fitting.find(({ os }) => publisher.preferred?.test(os?.version ?? "") ?? true)
        : undefined;
      const image = preferred ?? fitting[0];
      return image === undefined ? undefined : declared(spec, image);
    },
    async list(signal) {
      const { Images: images = [] } = await api.describeImages({
        Owners: publishers.map(({ owner }) => owner),
        Filters: [...shared, { Name: "name", Values: publishers.flatMap((one) => one.names(undefined)) }],
      }, signal);
      const newest = new Map<string, Image>();
      for (const image of newestFirst(images.map(imageOf))) {
        const shown = publicImage(image);
        const key = `${image.os?.id} ${image.os?.version} ${image.arch}`;
        if (shown !== undefined && !newest.has(key)) newest.set(key, shown);
      }
      return [...newest.values()].sort((one, other) =>
        one.os.id.localeCompare(other.os.id) || compareVersions(other.os.version, one.os.version) ||
        other.arch.localeCompare(one.arch)
      );
    },
  };
}

/** Why no image fits, for people. */
export function noImage(spec: ImageSpec, arch: string | undefined): Problem {
  if (spec.imageId !== undefined) {
    return {
      path: "image.imageId",
      message: `there is no image ${spec.imageId} here that fits ${JSON.stringify(spec)}`,
      help: "Images differ from region to region.",
    };
  }
  return {
    path: "image",
    message: `no image fits ${JSON.stringify({ osFamily: defaultOs, ...spec })} for ${arch ?? "x86_64"}`,
    help: "pallet images shows what there is.",
  };
}
