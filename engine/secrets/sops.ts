import { PalletError } from "../errors.ts";
import { runProgram } from "./command.ts";
import type { SecretSource } from "./source.ts";
import { decodeValue, lookUp, parseMap } from "./text.ts";

/** Secrets from a file that sops encrypted, by the program of that name. */
export function sopsSource(path: string, program = "sops"): SecretSource {
  let map: Promise<unknown> | undefined;
  const read = async (signal?: AbortSignal): Promise<unknown> => {
    const words = [program, "--decrypt", "--output-type", "json", path];
    const { code, stdout, said } = await runProgram(words, `the secrets of ${path}`, {
      ...(signal === undefined ? {} : { signal }),
    });
    if (code !== 0) {
      throw new PalletError(
        `Cannot read secrets from "${path}": sops ended with exit status ${code}: ${said}`,
        {
          kind: "config",
          help: "See whether sops has the key: `sops --decrypt FILE` by hand.",
        },
      );
    }
    return await parseMap(decodeValue(stdout, path), path);
  };
  return {
    name: path,
    read: async (name, signal) => lookUp(await (map ??= read(signal)), name, path),
    close: () => Promise.resolve(),
  };
}
