// A service of VirtualBox on a stand-in, in a folder that is gone afterwards.
import { join } from "node:path";
import { readModelFolder } from "../../engine/config/model_files.ts";
import type { JsonObject } from "../../engine/json.ts";
import type { Models } from "../../engine/provider/models.ts";
import type { CreateResult, Provider } from "../../engine/provider/provider.ts";
import type { Node } from "../../engine/spec/node.ts";
import type { NodeSpec } from "../../engine/spec/types.ts";
import { type ImageStore, openImageStore } from "../../providers/virtualbox/image_store.ts";
import { provider } from "../../providers/virtualbox/mod.ts";
import { type Outcome, pallet } from "./process.ts";
import { makeStandIn, type Setting, type StandIn } from "./vboxmanage/standin.ts";

/** What a test works with. */
export interface Stage {
  readonly folder: string;
  readonly standIn: StandIn;
  /** Disk of the image `debian`. */
  readonly disk: string;
  /** What the provider said of its work. */
  readonly said: readonly string[];
  open(options?: JsonObject, models?: Models): Promise<Provider>;
  /** Makes nodes of one group; the group is what stands before the last dash. */
  make(box: Provider, names: readonly string[], nodeSpec?: NodeSpec): Promise<readonly CreateResult[]>;
}

/** Runs a test on a stand-in with one image, `debian`, whose disk is registered as this type. */
export async function onStage(
  setting: Setting & { readonly type?: string },
  body: (stage: Stage) => Promise<void>,
): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "pallet-vbox-" });
  const opened: Provider[] = [];
  const said: string[] = [];
  const { type = "multiattach", ...rest } = setting;
  const standIn = await makeStandIn(folder, rest);
  try {
    const disk = await standIn.disk("debian.vdi", type);
    const models = join(folder, "models");
    await Deno.mkdir(models);
    await Deno.writeTextFile(
      join(models, "debian.yaml"),
      `images:\n  debian: { os: debian-12, disk: ${disk} }\n`,
    );
    await body({
      folder,
      standIn,
      disk,
      said,
      async open(options = {}, configured) {
        const box = await provider.open({
          name: "box",
          provider: "virtualbox",
          baseDir: folder,
          options: {
            vboxmanage: standIn.program,
            "model-path": models,
            "boot-timeout": 20,
            "stop-timeout": 5,
            ...options,
          },
        }, {
          stateDir: join(folder, "state"),
          cacheDir: join(folder, "cache"),
          progress: (text) => void said.push(text),
          readModels: (path) => readModelFolder(path, (text) => void said.push(text)),
          ...(configured === undefined ? {} : { models: configured }),
        });
        opened.push(box);
        return box;
      },
      make(box, names, nodeSpec = {}) {
        const group = (names[0] ?? "").replace(/-[^-]*$/, "");
        const request = { group, names, nodeSpec, tags: { made: "by test" }, token: crypto.randomUUID() };
        return Array.fromAsync(box.create(request));
      },
    });
  } finally {
    for (const box of opened) {
      const nodes = await box.nodes().catch(() => []);
      if (nodes.length > 0) await box.destroy(nodes).catch(() => {});
      await box.close();
    }
    await standIn.clear();
    await standIn.close();
    await Deno.remove(folder, { recursive: true });
  }
}

/** What makes images of the service of a stage. */
export function storeOf({ folder, standIn }: Stage, said: string[] = []): Promise<ImageStore> {
  return openImageStore({
    service: {
      name: "box",
      provider: "virtualbox",
      baseDir: folder,
      options: { vboxmanage: standIn.program },
    },
    stateDir: join(folder, "state"),
    progress: (message) => void said.push(message),
  });
}

/** Registers a machine of somebody else's. */
export async function makeForeign({ standIn }: Stage, name: string): Promise<void> {
  const folder = `--basefolder=${standIn.folder}`;
  await standIn.run("createvm", `--name=${name}`, "--register", "--platform-architecture=x86", folder);
}

/** Runs the command line in the folder of a stage, whose only service is the stand-in's. */
export async function onCommandLine(
  { folder, standIn }: Stage,
  ...args: readonly string[]
): Promise<Outcome> {
  await Deno.writeTextFile(
    join(folder, "pallet.yaml"),
    `services:\n  box: { provider: virtualbox, vboxmanage: ${standIn.program} }\n`,
  );
  return await pallet(args, { cwd: folder, env: { XDG_STATE_HOME: join(folder, "kept") } });
}

/** The nodes of results; one that failed is an error. */
export function made(results: readonly CreateResult[]): readonly Node[] {
  return results.map((result) => {
    if ("error" in result) throw new Error(`${result.name}: ${result.error} ${result.help ?? ""}`);
    return result.node;
  }).toSorted((one, other) => one.name.localeCompare(other.name));
}
