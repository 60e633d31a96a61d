// Plans whose actions are bash as a test writes it.
import type { PlannedAction } from "../../engine/actions/action.ts";
import type { ActionDefinition } from "../../engine/actions/definition.ts";
import { compile, type CompileRequest } from "../../engine/script/compile.ts";
import { rawScript } from "../../engine/script/sh.ts";
import type { CompiledScript } from "../../engine/script/types.ts";
import type { Facts } from "../../engine/spec/node.ts";
import { v } from "../../engine/schema.ts";

/** An action of such a plan; `id` is `bash:N` unless told. */
export interface BashAction {
  readonly bash: string;
  readonly id?: string;
  readonly title?: string;
  readonly triggers?: readonly string[];
  readonly needs?: readonly string[];
  readonly capture?: string;
  /** Its bash is a user's own. */
  readonly foreign?: boolean;
}

/** Facts of a Debian 12. */
export const debian: Facts = {
  os: { id: "debian", family: "debian", version: "12", codename: "bookworm" },
  arch: "x86_64",
  packager: "apt",
  init: "systemd",
  hostname: "web-1",
  addresses: [],
  bootId: "",
  source: "image",
};

function definition(kind: string): ActionDefinition {
  const text = (args: Readonly<Record<string, unknown>>) => String(args["bash"]);
  return {
    kind,
    schema: v.record(v.string(), v.string()),
    subject: text,
    describe: text,
    provides: () => [],
    needs: () => [],
    script: (args) => rawScript(text(args)),
    ...(kind === "foreign" ? { foreign: true } : {}),
  };
}

/** Definitions of the two kinds of these plans. */
export const bashDefinitions: ReadonlyMap<string, ActionDefinition> = new Map(
  ["bash", "foreign"].map((kind) => [kind, definition(kind)]),
);

/** Planned actions from bash. */
export function bashActions(...actions: readonly (string | BashAction)[]): readonly PlannedAction[] {
  return actions.map((given, at) => {
    const action = typeof given === "string" ? { bash: given } : given;
    return {
      kind: action.foreign === true ? "foreign" : "bash",
      args: { bash: action.bash, ...(action.capture === undefined ? {} : { capture: action.capture }) },
      id: action.id ?? `bash:${at}`,
      title: action.title ?? `bash ${at}`,
      origin: { file: "infra.ts", line: at + 1, column: 5 },
      ...(action.triggers === undefined ? {} : { triggers: action.triggers }),
      ...(action.needs === undefined ? {} : { needs: action.needs }),
    };
  });
}

/** A script of such actions, for target `web-1` of group `web`, phase `configure`. */
export function bashScript(
  actions: readonly (string | BashAction)[],
  options: Partial<CompileRequest> = {},
): CompiledScript {
  return compile({ run: "run-1", target: "web-1", phase: "configure", segment: 0 }, {
    actions: bashActions(...actions),
    facts: debian,
    environment: {},
    group: "web",
    check: false,
    captured: {},
    definitions: bashDefinitions,
    ...options,
  });
}
