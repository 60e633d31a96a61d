// Every connection is an open file of this process, which may have only so many.
import { PalletError } from "../errors.ts";
import { readSystemFile } from "../system_file.ts";

/** Open files that a run needs besides its connections: its journal and locks, the process that evaluates, its own modules. */
const BESIDES = 40;

/** Connections for which nobody has to ask the system: it is no use with so low a limit. */
const FEW = 16;

/** How many files this process may open, as Linux tells of a process; nothing where that is not known. */
function openFilesIn(limits: string): number | undefined {
  const [, soft] = /^Max open files\s+(\d+)/m.exec(limits) ?? [];
  return soft === undefined ? undefined : Number(soft);
}

/**
 * Found out before anything is connected to: a run that can open no file any more can keep nothing of what it does.
 *
 * @throws {PalletError} of kind `config` when so many connections are more than this process may have.
 */
export async function requireOpenFiles(connections: number): Promise<void> {
  if (Deno.build.os !== "linux" || connections < FEW) return;
  const most = openFilesIn(await readSystemFile(`/proc/${Deno.pid}/limits`).catch(() => ""));
  if (most === undefined || connections + BESIDES <= most) return;
  throw new PalletError(
    `Cannot connect to ${connections} nodes at once: this process may have ${most} files open, and it would need ` +
      `${connections + BESIDES}`,
    {
      kind: "config",
      help: "Raise the limit (ulimit -n), or do a part of the nodes at a time: --limit, --shard K/N.",
    },
  );
}
