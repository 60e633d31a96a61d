/**
 * What OpenSSH's client configuration says about hosts: `~/.ssh/config` and `/etc/ssh/ssh_config`.
 *
 * @module
 */
import { PalletError } from "../../errors.ts";
import type { SshQuery, SshSettings } from "../ssh_settings.ts";
import type { Machine } from "./machine.ts";
import type { Source } from "./read.ts";
import { resolve } from "./resolve.ts";
import { settingsOf } from "./settings.ts";

/** ssh's configuration. */
export interface SshConfig {
  /**
   * What it says about a host. The files are read once, and a command of `Match exec` runs once.
   *
   * @throws {PalletError} of kind `config` with the file and line of what is wrong.
   */
  settings(query: SshQuery): Promise<SshSettings>;
  /** What stands when no file says anything. */
  defaults(query: SshQuery): Promise<SshSettings>;
}

/** Remembers what a function answered, by its argument. */
function once<K extends string, T>(work: (key: K) => Promise<T>): (key: K) => Promise<T> {
  const answers = new Map<K, Promise<T>>();
  return (key) => {
    const answer = answers.get(key) ?? work(key);
    answers.set(key, answer);
    return answer;
  };
}

/**
 * Opens ssh's configuration on a machine.
 *
 * @param file A file in place of the user's and the system's, as `ssh -F`; `none`: no file at all.
 */
export function openSshConfig(machine: Machine, file?: string): SshConfig {
  const steady: Machine = {
    ...machine,
    read: once((path) => machine.read(path)),
    glob: once((pattern) => machine.glob(pattern)),
    succeeds: once((command) => machine.succeeds(command)),
    algorithms: once((kind) => machine.algorithms(kind)),
  };
  const sources: readonly Source[] = file === undefined
    ? [
      { path: `${machine.home}/.ssh/config`, user: true, checked: true },
      { path: `${machine.systemFolder}/ssh_config`, user: false, checked: false },
    ]
    : file === "none"
    ? []
    : [{ path: file, user: true, checked: false }];
  const ask = async (query: SshQuery, from: readonly Source[]) =>
    await settingsOf(query, await resolve(query, from, steady), steady);
  return {
    async settings(query) {
      if (file !== undefined && file !== "none" && await steady.read(file) === undefined) {
        throw new PalletError(`Cannot use the ssh configuration "${file}": there is no such file`, {
          kind: "config",
          help: 'Name another as ssh-config, or "none".',
        });
      }
      return await ask(query, sources);
    },
    defaults: (query) => ask(query, []),
  };
}
