// What a project's configuration grants to its infra file and plugins beyond nothing, and whether its user agreed.
import { createHash } from "node:crypto";
import { join } from "node:path";
import { type Configuration, userConfigFolder } from "../engine/config/config.ts";
import { messageOf, PalletError } from "../engine/errors.ts";
import { defaultDirectories } from "../engine/state/directories.ts";
import { describePermissions } from "../plugins/mod.ts";
import { ask } from "./ask.ts";
import { placeFrom } from "./errors.ts";
import { type Grant, grantLines } from "./grant.ts";
import { secretGrants } from "./secret_grants.ts";
import type { Terminal } from "./terminal.ts";

/** All that a configuration grants. */
export function grantsOf(configuration: Configuration): readonly Grant[] {
  const { allowWorkstation, localFiles, origins, plugins } = configuration;
  const said = (key: string): Pick<Grant, "origin"> => {
    const origin = origins[`permissions.${key}`];
    return origin === undefined ? {} : { origin };
  };
  return [
    ...(allowWorkstation
      ? [{ what: "create-group and destroy-group phases run on this workstation", ...said("workstation") }]
      : []),
    ...(localFiles.length > 0
      ? [{ what: `actions read ${localFiles.join(", ")}`, ...said("local-files") }]
      : []),
    ...Object.values(plugins).map(({ name, from, permissions, origin }) => ({
      what: `plugin ${name} (${from}) has ${describePermissions(permissions)}`,
      origin,
    })).filter(({ what }) => !what.endsWith(" has none")),
    ...secretGrants(configuration),
  ];
}

function memory(terminal: Terminal): string {
  return join(defaultDirectories({ get: terminal.env }).state, "grants");
}

/** A name for a grant of a file: another file, or another word in it, is another grant. */
function nameOf({ what, origin }: Grant): string {
  return createHash("sha256").update(JSON.stringify([origin?.file ?? "", what])).digest("hex");
}

async function isKnown(folder: string, grant: Grant): Promise<boolean> {
  return await Deno.stat(join(folder, nameOf(grant))).then(() => true, () => false);
}

async function remember(folder: string, grants: readonly Grant[]): Promise<void> {
  try {
    await Deno.mkdir(folder, { recursive: true, mode: 0o700 });
    for (const grant of grants) {
      await Deno.writeTextFile(
        join(folder, nameOf(grant)),
        `${grant.what}\n${grant.origin?.file ?? ""}\n`,
        { mode: 0o600 },
      );
    }
  } catch (cause) {
    throw new PalletError(`Cannot remember what was agreed to: ${messageOf(cause)}`, {
      kind: "config",
      help: `Make ${folder} writable, or agree each time with --yes.`,
      cause,
    });
  }
}

/**
 * Asks, once, whether the project's configuration may grant what it does. What the user's own files say needs no
 * question; without a terminal, and with `--yes`, what is configured is granted.
 *
 * @throws {PalletError} of kind `config` when the answer is no.
 */
export async function agreeToGrants(
  configuration: Configuration,
  yes: boolean,
  terminal: Terminal,
): Promise<void> {
  if (yes || !terminal.interactive) return;
  const own = userConfigFolder(terminal.env);
  const folder = memory(terminal);
  const asked: Grant[] = [];
  for (const grant of grantsOf(configuration)) {
    if (grant.origin?.file.startsWith(`${own}/`) || await isKnown(folder, grant)) continue;
    asked.push(grant);
  }
  const [first] = asked;
  if (first === undefined) return;
  const lines = grantLines(asked, placeFrom(terminal.cwd));
  terminal.err.write(
    `This project's configuration grants what you have not agreed to yet:\n${lines.join("\n")}\n`,
  );
  if (!await ask("Is that right?", terminal)) {
    throw new PalletError("The project's configuration grants what you did not agree to", {
      kind: "config",
      help: "Take it out of pallet.yaml, or agree when you are asked again.",
      ...(first.origin === undefined ? {} : { origin: first.origin }),
    });
  }
  await remember(folder, asked);
}
