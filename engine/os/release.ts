import type { OsFacts } from "../spec/node.ts";
import { familyOf } from "./family.ts";

/** What `/etc/os-release` says of a system. */
export interface OsRelease {
  readonly os: OsFacts;
  /** For people: `Debian GNU/Linux 12 (bookworm)`. */
  readonly title: string;
}

/**
 * Reads the text of `/etc/os-release`.
 *
 * @param otherwise id of a system that has no such file, or does not say
 *
 * @example
 * ```ts
 * import { parseOsRelease } from "./release.ts";
 *
 * const { os } = parseOsRelease('ID=ubuntu\nID_LIKE=debian\nVERSION_ID="24.04"\n');
 * console.assert(os.family === "debian" && os.version === "24.04");
 * ```
 */
export function parseOsRelease(text: string, otherwise: string = "linux"): OsRelease {
  const fields = new Map(
    text.split("\n").flatMap((line): readonly (readonly [string, string])[] => {
      const [, name, double, single, bare] = /^([A-Z_]+)=(?:"(.*)"|'(.*)'|(.*))$/.exec(line.trim()) ?? [];
      return name === undefined ? [] : [[name, double ?? single ?? bare ?? ""]];
    }),
  );
  const id = fields.get("ID") ?? otherwise;
  return {
    os: {
      id,
      family: familyOf(id, (fields.get("ID_LIKE") ?? "").split(" ")),
      version: fields.get("VERSION_ID") ?? "",
      codename: fields.get("VERSION_CODENAME") ?? "",
    },
    title: fields.get("PRETTY_NAME") ?? id,
  };
}
