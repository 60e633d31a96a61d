import { createHash } from "node:crypto";
import { imageFits, imageSpecProblems, imageValues } from "../../engine/provider/image_choice.ts";
import type { Image, Problem } from "../../engine/provider/provider.ts";
import type { OsFacts } from "../../engine/spec/node.ts";
import type { ImageSpec } from "../../engine/spec/types.ts";
import type { Mirrors } from "./sources.ts";
import { imageRecipes } from "./shell.ts";

/** An image with what is needed to build it. */
export interface LabImage {
  readonly image: Image;
  readonly kind: "host" | "suite";
  readonly init: "systemd" | "sshd";
  /** Name of its folder in the cache; another when its making changes. */
  readonly key: string;
  /** Arguments of the helper's build. */
  readonly build: readonly string[];
}

/** What images depend on of the machine. */
export interface ImageSource {
  readonly arch: string;
  /** Absent where the machine's own userland can be no image, with the reason in `hostReason`. */
  readonly host?: OsFacts;
  /** Changes whenever the machine's packages do. */
  readonly hostState: string;
  readonly mirrors: Mirrors;
}

const include = "systemd-sysv,dbus,openssh-server,sudo,iproute2,ca-certificates,curl,procps";

/** Newest first: the first that fits a spec is taken. */
const suites = [
  { id: "debian", version: "13", codename: "trixie" },
  { id: "debian", version: "12", codename: "bookworm" },
  { id: "ubuntu", version: "24.04", codename: "noble" },
  { id: "ubuntu", version: "22.04", codename: "jammy" },
] as const;

function digest(...parts: readonly string[]): string {
  return createHash("sha256").update(parts.join("\0")).digest("hex").slice(0, 12);
}

function aptSources(suite: typeof suites[number], mirror: string, security: string): string {
  const components = suite.id === "ubuntu" ? "main universe" : "main";
  return [
    `deb ${mirror} ${suite.codename} ${components}`,
    `deb ${mirror} ${suite.codename}-updates ${components}`,
    `deb ${security} ${suite.codename}-security ${components}`,
    "",
  ].join("\n");
}

function suiteImage(suite: typeof suites[number], source: ImageSource): LabImage | undefined {
  const { debian, debianSecurity, ubuntu } = source.mirrors;
  const mirror = suite.id === "debian" ? debian : ubuntu;
  if (mirror === undefined) return undefined;
  const id = `${suite.id}-${suite.version}`;
  const sources = aptSources(suite, mirror, suite.id === "debian" ? debianSecurity : mirror);
  const keyring = `/usr/share/keyrings/${suite.id}-archive-keyring.gpg`;
  return {
    image: {
      id,
      os: { ...suite, family: "debian" },
      arch: source.arch,
      description: `${
        suite.id === "debian" ? "Debian" : "Ubuntu"
      } ${suite.version} (${suite.codename}) with systemd`,
      origin: "built in",
      loginUser: "root",
    },
    kind: "suite",
    init: "systemd",
    key: `${id}-${digest(imageRecipes.suite, sources, include)}`,
    build: [suite.codename, mirror, sources, include, keyring],
  };
}

/** All images, the preferred first; `host` is last: it is taken when it is named or nothing else fits. */
export function labImages(source: ImageSource): readonly LabImage[] {
  const built = suites.flatMap((suite) => suiteImage(suite, source) ?? []);
  if (source.host === undefined) return built;
  return [...built, {
    image: {
      id: "host",
      os: source.host,
      arch: source.arch,
      description: "this machine's own userland, without its init: sshd runs alone",
      origin: "built in",
      loginUser: "root",
    },
    kind: "host",
    init: "sshd",
    key: `host-${digest(imageRecipes.host, source.hostState)}`,
    build: [],
  }];
}

/** Problems of an image spec by itself. */
export function imageProblems(spec: ImageSpec, images: readonly LabImage[]): readonly Problem[] {
  const unknown = Object.keys(spec).filter((key) =>
    key !== "os64Bit" && key !== "overrideLoginUser" && !(key in imageValues)
  );
  const problems = [
    ...unknown.map((key) => ({
      path: `image.${key}`,
      message: "a lab node has no such property to choose by",
    })),
    ...imageSpecProblems(spec, imageValues),
  ];
  if (problems.length > 0 || images.some(({ image }) => imageFits(spec, image, imageValues))) return problems;
  return [{
    path: "image",
    message: `no image of the lab fits ${JSON.stringify(spec)}`,
    help: `The lab has: ${images.map(({ image }) => image.id).join(", ")}.`,
  }];
}

/** The image for a spec: the default one if it fits, else the first that does. */
export function chooseImage(
  spec: ImageSpec,
  images: readonly LabImage[],
  preferred: string | undefined,
): LabImage | undefined {
  const fitting = images.filter(({ image }) => imageFits(spec, image, imageValues));
  return fitting.find(({ image }) => image.id === preferred) ?? fitting[0];
}
