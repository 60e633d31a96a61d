import { PalletError } from "../errors.ts";
import { version } from "../version.ts";
import type { Linked } from "./link.ts";
import { displayUrl, originAt } from "./text.ts";

/**
 * Holds modules to the versions of Pallet that they say they need, before any of them runs.
 *
 * @throws {PalletError} of kind `infra` for one that needs another version than this.
 */
export async function checkEngine(modules: Iterable<Linked>, root: string): Promise<void> {
  for (const { url, engine } of modules) {
    if (engine === undefined) continue;
    const { isIn, isRange } = await import("./semver.ts");
    const origin = originAt(url, root, { line: 1, column: 1 });
    if (!isRange(engine)) {
      throw new PalletError(
        `Cannot load ${
          displayUrl(url, root)
        }: its "export const pallet" is "${engine}", which is no range of versions`,
        { kind: "infra", help: 'Write it as ">=0.1.0".', origin },
      );
    }
    if (isIn(version, engine)) continue;
    throw new PalletError(
      `Cannot load ${displayUrl(url, root)}: it needs Pallet ${engine}, and this is ${version}`,
      { kind: "infra", help: "Use another version of Pallet, or pin another version of the crate.", origin },
    );
  }
}
