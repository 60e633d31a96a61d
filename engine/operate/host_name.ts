// Names a node that whoever made it could not name.
import type { PlannedAction } from "../actions/action.ts";
import { execScript } from "../actions/list.ts";
import { sh } from "../script/sh.ts";
import type { Target } from "../spec/node.ts";
import type { TargetReport } from "./results.ts";

const ID = "pallet:host-name";

/** The action that gives a new node its host name; nothing where its provider has done so, or has none to give. */
export function namingActions({ name, node }: Target): readonly PlannedAction[] {
  if (node?.unnamed !== true) return [];
  const { kind, args, origin } = execScript(
    sh`
      set -e
      name=${name}
      printf '%s\n' "$name" >/etc/hostname
      hostname "$name"
      # Without an address of its own name, sudo and others wait for a name server.
      grep -qE "[[:space:]]$name([[:space:]]|$)" /etc/hosts || printf '127.0.1.1 %s\n' "$name" >>/etc/hosts
    `,
    { unless: sh`[ "$(id -u)" != 0 ] || [ "$(hostname)" = ${name} ]` },
  );
  return [{ kind, args, origin, id: ID, title: "host name" }];
}

/** A target after a phase in which it may have been named: what its node told when it was connected to was before. */
export function afterNaming(target: Target, { actions }: Pick<TargetReport, "actions">): Target {
  const isNamed = actions.some(({ id, result }) => id === ID && result === "changed");
  if (!isNamed || target.facts === undefined) return target;
  return { ...target, facts: { ...target.facts, hostname: target.name } };
}
