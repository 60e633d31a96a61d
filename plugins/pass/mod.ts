// Secrets from a command: pass, op, gopass, bw, vault, or one of your own.
import { flag, optional, PalletError, readOptions, run, type SecretSourceKind, texts } from "pallet/plugin";

const fields = {
  command: optional(texts, ["pass", "show", "--", "NAME"]),
  "first-line": optional(flag, true),
  missing: optional(texts, ["is not in the password store", "isn't an item", "No value found"]),
};

/** Reads a secret by a command, whose word NAME becomes the secret's name. */
export const secretSource: SecretSourceKind = {
  summary: "secrets that a command prints",
  open: (given) => {
    const options = readOptions(given, fields);
    const { command } = options;
    if (!command.slice(1).some((word) => word.includes("NAME"))) {
      throw new PalletError("Invalid options: command: no word has NAME, where the secret's name goes", {
        kind: "config",
        help: "Write it as [pass, show, --, NAME] or [op, read, op://vault/NAME].",
      });
    }
    return {
      read: async (name, signal) => {
        // A name that is read as an option would do something else than read a secret.
        if (name === "" || name.startsWith("-") || /[\0\n]/.test(name)) {
          throw new PalletError(`"${name}" is no name of a secret`, { kind: "config" });
        }
        const words = command.map((word, at) => at === 0 ? word : word.replaceAll("NAME", () => name));
        const { status, stdout, stderr } = await run(words, { signal });
        if (status !== 0) {
          if (options.missing.some((text) => stderr.includes(text))) return undefined;
          throw new PalletError(
            `Cannot read secret "${name}": "${
              command.join(" ")
            }" ended with exit status ${status}: ${stderr}`,
            {
              kind: "config",
              help:
                "Unlock the store, or run the command by hand. It has only the variables that env of the " +
                "plugin's permissions names, and PATH.",
            },
          );
        }
        return options["first-line"] ? stdout.split(/\r?\n/, 1)[0] : stdout.replace(/\r?\n$/, "");
      },
    };
  },
};
