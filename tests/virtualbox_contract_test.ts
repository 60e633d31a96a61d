// The provider of VirtualBox keeps the contract of all providers, on the stand-in, whose machines are lab nodes.
import { join } from "node:path";
import { readModelFolder } from "../engine/config/model_files.ts";
import { testProvider } from "../engine/provider/contract.ts";
import { provider } from "../providers/virtualbox/mod.ts";
import { whyNoLab } from "../providers/lab/test_support.ts";
import { makeStandIn, versions } from "./support/vboxmanage/standin.ts";

const why = await whyNoLab();

for (const version of versions) {
  const folder = await Deno.makeTempDir({ prefix: "pallet-vbox-" });
  const standIn = await makeStandIn(folder, { version, guests: "lab", tells: ["additions"] });
  const disk = await standIn.disk("debian.vdi");
  await Deno.mkdir(join(folder, "models"));
  await Deno.writeTextFile(
    join(folder, "models", "debian.yaml"),
    `images:\n  debian: { os: debian-12, disk: ${disk} }\n`,
  );
  testProvider({
    kind: provider,
    options: { vboxmanage: standIn.program, "model-path": join(folder, "models") },
    readModels: (path) => readModelFolder(path, () => {}),
    nodeSpec: { hardware: { hardwareId: "micro" } },
    ...(why === undefined ? {} : { ignore: why }),
  });
  Deno.test({
    name: `the stand-in for VirtualBox ${version} is taken down`,
    async fn() {
      await standIn.close();
      await Deno.remove(folder, { recursive: true });
    },
    // Its service was started before any test.
    sanitizeResources: false,
  });
}
