// The service whose images a command is about.
import { join } from "node:path";
import { PalletError } from "../engine/errors.ts";
import type { ServiceOptions } from "../engine/run.ts";
import { defaultDirectories } from "../engine/state/directories.ts";
import { type ImageStore, openImageStore } from "../providers/mod.ts";
import { loadProject, type ProjectValues, serviceOptions } from "./project.ts";
import type { Terminal } from "./terminal.ts";
import { escapeLine } from "./text.ts";

/** A service of VirtualBox, and what makes its images. */
export interface ImageService {
  readonly options: ServiceOptions;
  readonly store: ImageStore;
}

/** @throws {PalletError} of kind `usage` when the service makes its nodes of something else. */
export async function imageService(options: ProjectValues, terminal: Terminal): Promise<ImageService> {
  const chosen = serviceOptions(options, await loadProject(options, terminal), terminal);
  const { service } = chosen;
  if (service.provider !== "virtualbox") {
    throw new PalletError(
      `Service "${service.name}" is of provider "${service.provider}": this command is about images of VirtualBox`,
      {
        kind: "usage",
        help:
          "Name a service of VirtualBox with --service NAME; `pallet images` lists the images of any service.",
      },
    );
  }
  const { state } = defaultDirectories({ get: (name) => terminal.env(name) });
  const store = await openImageStore({
    service,
    stateDir: join(state, "providers", "virtualbox"),
    progress: (message) => {
      if (options.quiet !== true) terminal.err.write(`${escapeLine(message)}\n`);
    },
  });
  return { options: chosen, store };
}
