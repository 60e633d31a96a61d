// pallet doctor says of VirtualBox what is missing, and what to do about it.
import assert from "node:assert/strict";
import { join } from "node:path";
import { onStage } from "./support/virtualbox.ts";
import { pallet } from "./support/process.ts";

Deno.test("pallet doctor virtualbox tells program, kernel driver, rights, ranges and folders, each with what helps", () =>
  onStage({ driver: false, hostOnly: [], dhcp: [] }, async ({ folder, standIn }) => {
    const doctor = async (yaml: string, path: string, ...more: readonly string[]) => {
      await Deno.writeTextFile(join(folder, "pallet.yaml"), yaml);
      const env = { XDG_STATE_HOME: join(folder, "kept"), PATH: path };
      const { status, out } = await pallet(["doctor", "virtualbox", "--json", ...more], { cwd: folder, env });
      const findings: readonly { what: string; ok: boolean; text: string; help?: string }[] = JSON.parse(out);
      const own = findings.filter(({ what }) => what.startsWith("service "));
      return { status, words: own.map(({ what, ok, text, help = "" }) => `${what} ${ok}: ${text} ${help}`) };
    };
    const path = Deno.env.get("PATH") ?? "";
    const none = await doctor(
      "services: {}\n",
      path.split(":").filter((one) => one.startsWith("/usr")).join(":"),
    );
    assert.equal(none.status, 1);
    assert.match(
      none.words.join("\n"),
      /^service virtualbox false: Cannot find VBoxManage.*Install VirtualBox.*$/,
    );
    await standIn.change((state) => void (state.extra["GUI/LanguageID"] = "de"));
    const options = "local-range: 10.9.0.0/24, node-path: /proc/nodes, model-path: images";
    const { words } = await doctor(
      `services:\n  box: { provider: virtualbox, ${options} }\n`,
      `${standIn.folder}:${path}`,
    );
    const [driver, language, range, rights, folders, ...others] = words;
    assert.match(driver ?? "", /^service box false: .*kernel driver is not loaded.*sudo modprobe vboxdrv/);
    assert.match(language ?? "", /was told to speak "de".*setextradata global GUI\/LanguageID/);
    assert.match(range ?? "", /does not allow host-only interfaces of 10\.9\.0\.0\/24.*networks\.conf/);
    assert.match(rights ?? "", /cannot write to the nodes' folder \/proc\/nodes.*option node-path/);
    assert.match(folders ?? "", new RegExp(`there is no folder ${join(folder, "images")} Paths`));
    assert.deepEqual(others, [], "neither extension pack nor membership in vboxusers is asked for");
    await standIn.change((state) => {
      state.driver = true;
      state.extra = {};
    });
    const well = await doctor("services: {}\n", `${standIn.folder}:${path}`);
    assert.deepEqual(well.words, ["service virtualbox true: 0 nodes "]);
  }));
