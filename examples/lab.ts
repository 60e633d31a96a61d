// What the demo and the benchmarks need of this machine: a lab that works.
import { PalletError } from "../engine/errors.ts";
import { provider, setup } from "../providers/lab/mod.ts";

/** Installs what the lab needs, and says whether it works here; if not, what is missing and what to do instead. */
export async function ready(): Promise<boolean> {
  const progress = (message: string): void => console.error(message);
  const folder = await Deno.makeTempDir();
  try {
    await setup(progress);
    const lab = await provider.open({ name: "check", provider: "lab", options: {} }, {
      stateDir: folder,
      cacheDir: folder,
      progress,
    });
    const problems = await lab.check();
    for (const { message, help = "" } of problems) {
      console.error(`This cannot run here: ${message}.\n  ${help}`);
    }
    await lab.close();
    return problems.length === 0;
  } catch (error) {
    if (!(error instanceof PalletError)) throw error;
    console.error(error.help === undefined ? error.message : `${error.message}\n  ${error.help}`);
    return false;
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}
