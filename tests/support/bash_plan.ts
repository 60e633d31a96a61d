// Plans whose actions are bash as a test writes it.
import type { PlannedAction } from "../../engine/actions/action.ts";
import type { ActionDefinition } from "../../engine/actions/definition.ts";
import { compile, type CompileRequest } from "../../engine/script/compile.ts";
import { rawScript } from "../../engine/script/sh.ts";
import type { CompiledScript, ScriptId } from "../../engine/script/types.ts";
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
  /** Its bash comes from a crate. */
  readonly crate?: boolean;
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

const text = (args: Readonly<Record<string, unknown>>) => String(args["bash"]);

const definition: ActionDefinition = {
  kind: "bash",
  schema: v.record(v.string(), v.string()),
  subject: text,
  describe: text,
  provides: () => [],
  needs: () => [],
  script: (args) => rawScript(text(args)),
};

/** Definitions of such plans. */
export const bashDefinitions: ReadonlyMap<string, ActionDefinition> = new Map([["bash", definition]]);

/** Planned actions from bash. */
export function bashActions(...actions: readonly (string | BashAction)[]): readonly PlannedAction[] {
  return actions.map((given, at) => {
    const action = typeof given === "string" ? { bash: given } : given;
    return {
      kind: action.crate === true ? "crate" : "bash",
      args: { bash: action.bash, ...(action.capture === undefined ? {} : { capture: action.capture }) },
      id: action.id ?? `bash:${at}`,
      title: action.title ?? `bash ${at}`,
      origin: { file: "infra.ts", line: at + 1, column: 5 },
      ...(action.triggers === undefined ? {} : { triggers: action.triggers }),
      ...(action.needs === undefined ? {} : { needs: action.needs }),
    };
  });
}

/** A script of such actions: group `web`, phase `configure`, and unless told for target `web-1`. */
export function bashScript(
  actions: readonly (string | BashAction)[],
  options: Partial<CompileRequest> = {},
  id: Partial<ScriptId> = {},
): CompiledScript {
  const planned = bashActions(...actions);
  const crates = planned.filter(({ kind }) => kind === "crate");
  return compile({ run: "run-1", target: "web-1", phase: "configure", segment: 0, ...id }, {
    actions: planned,
    facts: debian,
    environment: {},
    group: "web",
    check: false,
    captured: {},
    definitions: bashDefinitions,
    crateScripts: new Map(crates.map(({ id, args }) => [id, { text: text(args), library: "" }])),
    ...options,
  });
}
