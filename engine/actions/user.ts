import { sh } from "../script/sh.ts";
import { object, v } from "../schema.ts";
import type { Action } from "./action.ts";
import { usersLibrary } from "./bash_users.ts";
import { type ActionOptions, makeAction } from "./define.ts";
import type { ActionDefinition } from "./definition.ts";
import { account, count, line, newAccount, path, text } from "./fields.ts";
import { account as accountThing, parentsOf } from "./things.ts";

/** Shells that may be given by name. */
const SHELLS: Readonly<Record<string, string>> = {
  sh: "/bin/sh",
  bash: "/bin/bash",
  dash: "/bin/dash",
  zsh: "/bin/zsh",
  fish: "/usr/bin/fish",
  false: "/bin/false",
  nologin: "/usr/sbin/nologin",
};

const schema = object({
  name: newAccount,
  action: v.optional(v.picklist(["manage", "create", "remove", "lock", "unlock"]), "manage"),
  shell: v.exactOptional(
    v.pipe(
      v.string(),
      v.transform((name) => Object.hasOwn(SHELLS, name) ? SHELLS[name] ?? name : name),
      v.check(
        (name) => /^\/[^:\s]+$/.test(name),
        `must be a path, or one of ${Object.keys(SHELLS).join(", ")}`,
      ),
    ),
  ),
  home: v.exactOptional(path),
  createHome: v.exactOptional(v.boolean()),
  uid: v.exactOptional(count),
  group: v.exactOptional(account),
  groups: v.exactOptional(v.array(account)),
  append: v.optional(v.boolean(), false),
  system: v.optional(v.boolean(), false),
  comment: v.exactOptional(v.pipe(line, v.check((value) => !value.includes(":"), "must not hold a colon"))),
  password: v.exactOptional(
    v.pipe(
      text,
      v.regex(/^(?:[!*]|\$[^:\n]+$)/, "must be a hash, as mkpasswd and openssl passwd -6 print it"),
    ),
  ),
  removeHome: v.optional(v.boolean(), false),
  force: v.optional(v.boolean(), false),
});

type Args = v.InferOutput<typeof schema>;

/** Options of {@linkcode user}. What is not given is left alone. */
export interface UserOptions extends ActionOptions {
  /**
   * `manage` unless told: made when missing, brought in line when not. `create` leaves one that is there as it is.
   * `lock` shuts out every login, by key too; `unlock` takes that back. `remove` removes it.
   */
  readonly action?: "manage" | "create" | "remove" | "lock" | "unlock";
  /** A path, or a name: `bash`, `sh`, `zsh`, `nologin`, `false`, ... */
  readonly shell?: string;
  readonly home?: string;
  /** Makes the home directory of a new user; yes unless it is a system user. */
  readonly createHome?: boolean;
  readonly uid?: number;
  /** Primary group. */
  readonly group?: string;
  /** Further groups: exactly these, unless `append` is set. */
  readonly groups?: readonly string[];
  /** Leaves the user in further groups that it is in already. */
  readonly append?: boolean;
  /** A new user gets a number from those for the system's own. */
  readonly system?: boolean;
  readonly comment?: string;
  /** Hash of the password; `!` or `*` for none. */
  readonly password?: string;
  /** `remove` removes the home directory and the mail as well. */
  readonly removeHome?: boolean;
  /** `remove` removes a user that is logged in. */
  readonly force?: boolean;
}

/** What is asked for, as words that name it. */
function wordsOf(args: Args): readonly string[] {
  const optional = [
    ["shell", args.shell],
    ["home", args.home],
    ["uid", args.uid],
    ["group", args.group],
    ["comment", args.comment],
    ["groups", args.groups === undefined ? undefined : args.groups.join(",")],
    ["append", args.append || undefined],
    ["system", args.system || undefined],
    ["create_home", args.createHome ?? !args.system],
    ["password", args.password],
  ] as const;
  return optional.flatMap(([name, value]) => value === undefined ? [] : [`${name}=${value}`]);
}

/** How a {@linkcode user} action becomes bash. */
export const userAction: ActionDefinition<Args> = {
  kind: "user",
  root: true,
  schema,
  subject: (args) => args.name,
  describe: (args) => args.action === "manage" ? args.name : `${args.name} (${args.action})`,
  settles: ({ action, shell, home, uid, group, groups, append, comment, password }) => {
    if (action !== "manage") return {};
    const exactly = append ? undefined : groups?.toSorted();
    return { shell, home, uid, group, groups: exactly, comment, password };
  },
  provides: (args) =>
    args.action === "remove" ? [] : [
      `user:${args.name}`,
      `group:${args.group ?? args.name}`,
      `path:${args.home ?? `/home/${args.name}`}`,
    ],
  needs: (args) => [
    ...args.action === "lock" || args.action === "unlock" ? [`user:${args.name}` as const] : [],
    ...[args.group, ...args.groups ?? []].flatMap((name) => accountThing("group", name)),
    ...args.home === undefined ? [] : parentsOf(args.home),
  ],
  script: (args) => {
    if (args.action === "remove") return sh`pallet_user_remove ${args.name} ${args.removeHome} ${args.force}`;
    if (args.action === "lock") return sh`pallet_user_lock ${args.name}`;
    if (args.action === "unlock") return sh`pallet_user_unlock ${args.name}`;
    return sh`pallet_user ${args.name} ${args.action} ${wordsOf(args)}`;
  },
  proof: (args) => {
    const { name, action, group, groups = [], append, password } = args;
    if (action !== "create" && action !== "manage") return undefined;
    if (password !== undefined || args.groups !== undefined && !append) return undefined;
    const named = [...groups, ...group === undefined ? [] : [group]].filter((one) => !/^\d+$/.test(one));
    return {
      looks: { users: [name], groups: named },
      bash: sh`pallet_is_user ${name} ${action} ${wordsOf(args)}`,
    };
  },
  plain: () => true,
  library: usersLibrary,
};

/**
 * A user, its removal, or its lock. Groups that it is in must be there: put {@linkcode group} before.
 *
 * @throws {PalletError} for a name that no user can have, a password that is no hash, or a wrong option.
 *
 * @example
 * ```ts
 * import { group, user } from "pallet";
 *
 * group("deploy");
 * user("deploy", { group: "deploy", groups: ["adm"], append: true, shell: "bash" });
 * user("mallory", { action: "remove", removeHome: true });
 * ```
 */
export function user(name: string, options: UserOptions = {}): Action {
  return makeAction(userAction, { name, ...options });
}
