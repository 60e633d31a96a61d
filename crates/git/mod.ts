/**
 * git: the package, and check-outs of repositories.
 *
 * @module
 */
import {
  type Action,
  checkOptions,
  execCheckedScript,
  packages,
  type Script,
  type ServerSpec,
  serverSpec,
  sh,
} from "pallet";

/** What {@linkcode gitCheckout} takes. */
export interface CheckoutOptions {
  /** Branch, tag or commit; the repository's own default branch unless told. */
  readonly revision?: string;
  /** User that owns the check-out; the one that the plan runs as unless told. */
  readonly user?: string;
}

/**
 * A server spec with git installed. Phase: `configure`.
 *
 * @example
 * ```ts
 * import { groupSpec } from "pallet";
 * import { git } from "pallet/crates/git";
 *
 * groupSpec("builder", { count: 1, extends: git() });
 * ```
 */
export function git(): ServerSpec {
  return serverSpec({ phases: { configure: () => packages("git") } });
}

/** Bash that prints the commit that a revision of a repository is now. */
function wantedCommit(repository: string, revision: string): Script {
  if (/^[0-9a-f]{40}$|^[0-9a-f]{64}$/.test(revision)) return sh`printf '%s\n' ${revision}`;
  // Branches come before tags in its answer, and a tag before the commit it stands for: the last one counts.
  const names = revision === "HEAD"
    ? ["HEAD"]
    : [`refs/heads/${revision}`, `refs/tags/${revision}`, `refs/tags/${revision}^{}`];
  return sh`git ls-remote -- ${repository} ${names} | tail -n 1 | cut -f 1`;
}

function problemOf(repository: string, path: string, revision: string): string | undefined {
  if (/^-|^\s*$/.test(repository)) {
    return `${JSON.stringify(repository)} is no address of a repository, as https://example.org/app.git`;
  }
  if (!/^[A-Za-z0-9][\w./-]*$/.test(revision) || revision.includes("..")) {
    return `revision ${JSON.stringify(revision)} is no branch, tag or commit`;
  }
  return path === "/" ? "path must not be the root" : undefined;
}

/**
 * A check-out of a repository at a revision: cloned when it is missing, moved when the revision moved, left alone
 * otherwise. Files that git does not track stay. A check-out with changes to tracked files is not moved: the action
 * fails, and nothing is thrown away.
 *
 * @throws {PalletError} for a wrong option, a path that is not absolute, or a revision that git cannot have.
 *
 * @example
 * ```ts
 * import { gitCheckout } from "pallet/crates/git";
 *
 * gitCheckout("https://example.org/app.git", "/srv/app", { revision: "v1.2.0" });
 * ```
 */
export function gitCheckout(repository: string, path: string, options: CheckoutOptions = {}): Action {
  const { revision = "HEAD", user, path: place } = checkOptions(
    gitCheckout,
    { ...options, repository, path },
    { repository: "line", path: "path", revision: "line?", user: "account?" },
    (given) => problemOf(given.repository, given.path, given.revision ?? "HEAD"),
  );
  return execCheckedScript(
    `check out ${repository} to ${place}`,
    sh`
      if [ ! -d ${`${place}/.git`} ]; then
        git clone --quiet -- ${repository} ${place}
      elif ! git -C ${place} diff --quiet HEAD --; then
        git -C ${place} status --short --untracked-files=no >&2
        printf '%s has changes that are not committed\n' ${place} >&2
        exit 1
      fi
      git -C ${place} remote set-url origin ${repository}
      git -C ${place} fetch --quiet --tags origin ${revision}
      git -C ${place} checkout --quiet --detach FETCH_HEAD`,
    {
      id: `gitCheckout:${place}`,
      unless: sh`
        test "$(git -C ${place} remote get-url origin)" = ${repository} || exit 1
        wanted=$(${wantedCommit(repository, revision)}) || exit 1
        test -n "$wanted" && test "$(git -C ${place} rev-parse HEAD)" = "$wanted"`,
      ...(user === undefined ? {} : { user }),
    },
  );
}
