// The admin user that a call names: by a variable or an option, before all that files say.
import { type Configuration, pathOf } from "./config.ts";
import { type Said, saidText } from "./layers.ts";
import { entryOf } from "./merge.ts";

/** Who logs in, as a call says. Plain data. */
export interface CalledUser {
  readonly username?: string;
  /** Absolute path. */
  readonly privateKey?: string;
  /** Absolute path. */
  readonly publicKey?: string;
  /** What says so: `--user`, `PALLET_PRIVATE_KEY`. */
  readonly from: string;
}

const isCall = ({ layer }: Said) => layer === "variable" || layer === "option";

/** The admin user of variables and options; nothing when none says anything. */
export function calledUser(
  { entries }: Configuration,
  env: (name: string) => string | undefined = (name) => Deno.env.get(name),
): CalledUser | undefined {
  const value = (key: string) => {
    const entry = entryOf(entries, "admin-user", key);
    return entry !== undefined && isCall(entry.said) && typeof entry.value === "string"
      ? { text: entry.value, said: entry.said }
      : undefined;
  };
  const [username, privateKey, publicKey] = [value("username"), value("private-key"), value("public-key")];
  const [first] = [username, privateKey, publicKey].filter((one) => one !== undefined);
  if (first === undefined) return undefined;
  return {
    ...(username === undefined ? {} : { username: username.text }),
    ...(privateKey === undefined ? {} : { privateKey: pathOf(privateKey.text, privateKey.said, env) }),
    ...(publicKey === undefined ? {} : { publicKey: pathOf(publicKey.text, publicKey.said, env) }),
    from: saidText((username ?? first).said),
  };
}
