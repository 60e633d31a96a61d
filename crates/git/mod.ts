/**
 * git: the package, and check-outs of repositories.
 *
 * @module
 */
import { type Action, execCheckedScript, packages, type ServerSpec, serverSpec, sh } from "pallet";

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

/**
 * A check-out of a repository at a revision: cloned when it is missing, moved when the revision moved, left alone
 * otherwise. Files that git does not track stay; changes to tracked ones are an error, nothing is thrown away.
 *
 * @example
 * ```ts
 * import { gitCheckout } from "pallet/crates/git";
 *
 * gitCheckout("https://example.org/app.git", "/srv/app", { revision: "v1.2.0" });
 * ```
 */
export function gitCheckout(repository: string, path: string, options: CheckoutOptions = {}): Action {
  const revision = options.revision ?? "HEAD";
  const current = sh`
    test "$(git -C ${path} remote get-url origin)" = ${repository} &&
      test "$(git -C ${path} rev-parse HEAD)" = "$(git ls-remote ${repository} ${revision} ${`${revision}^{}`} | tail -n 1 | cut -f 1)"`;
  return execCheckedScript(
    `check out ${repository} to ${path}`,
    sh`
      if [ ! -d ${`${path}/.git`} ]; then
        git clone --quiet -- ${repository} ${path}
      fi
      git -C ${path} remote set-url origin ${repository}
      git -C ${path} fetch --quiet --tags origin ${revision}
      git -C ${path} checkout --quiet --detach FETCH_HEAD`,
    {
      id: `gitCheckout:${path}`,
      unless: current,
      ...(options.user === undefined ? {} : { user: options.user }),
    },
  );
}
