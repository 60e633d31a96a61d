// Kinds of actions that crates add.
import { PalletError } from "../errors.ts";
import type { JsonObject } from "../json.ts";
import { callerOrigin } from "../origin.ts";
import { object, type Schema, v } from "../schema.ts";
import { isScript, type Script } from "../script/sh.ts";
import type { Facts } from "../spec/node.ts";
import type { Action } from "./action.ts";
import { type ActionOptions, makeAction } from "./define.ts";
import type { ActionDefinition, ScriptOptions, Thing } from "./definition.ts";
import { account, line, mode, path, port, text } from "./fields.ts";

/** What a field holds. All but numbers, ports and booleans are texts, and take deferred values except `mode`. */
export type FieldType = "text" | "line" | "path" | "mode" | "account" | "number" | "port" | "boolean";

const fieldTypes: Readonly<Record<FieldType, v.GenericSchema>> = {
  text,
  line,
  path,
  mode,
  account,
  number: v.pipe(v.number(), v.check((value) => Number.isFinite(value), "must be a finite number")),
  port,
  boolean: v.boolean(),
};

/** A field: its type; with `[]` a list of them; with `?` at the end it may be left out. */
export type Field = FieldType | `${FieldType}?` | `${FieldType}[]` | `${FieldType}[]?`;

type ValueOf<F extends string> = F extends `${infer Base}?` ? ValueOf<Base>
  : F extends `${infer Base}[]` ? readonly ValueOf<Base>[]
  : F extends "number" | "port" ? number
  : F extends "boolean" ? boolean
  : string;

type RequiredKey<Fields> = {
  [Key in keyof Fields]: Fields[Key] extends `${string}?` ? never : Key;
}[keyof Fields];
type OptionalKey<Fields> = Exclude<keyof Fields, RequiredKey<Fields>>;

/** Arguments that fields describe. */
export type ArgsOf<Fields extends Readonly<Record<string, Field>>> =
  & { readonly [Key in RequiredKey<Fields>]: ValueOf<Fields[Key]> }
  & { readonly [Key in OptionalKey<Fields>]?: ValueOf<Fields[Key]> };

/** A kind of action: what {@linkcode defineAction} takes. */
export interface CrateAction<Fields extends Readonly<Record<string, Field>>> {
  /** The crate's name and its own, as `nginx/site`. */
  readonly kind: string;
  /** Its arguments: `{ name: "line", root: "path", ports: "number[]?" }`. */
  readonly fields: Fields;
  /** What fields alone cannot say: answers with what is wrong, or nothing. */
  readonly check?: (args: ArgsOf<Fields>) => string | undefined;
  /** What it is about, for ids and titles: a path, a name. The first field unless told. */
  readonly subject?: (args: ArgsOf<Fields>) => string;
  /**
   * Bash, made with `sh`, that tests what is so and changes what is not. Each change stands behind a question, so that the
   * same bash serves check mode: `if pallet_change "make x"; then ...; fi`. `pallet_fail "why"` ends the action as failed,
   * `pallet_skip "why"` as skipped; `$pallet_tmp` is an empty directory of its own.
   */
  readonly script: (args: ArgsOf<Fields>, facts: Facts, options: ScriptOptions) => Script;
  /** Bash functions that `script` calls, included once a script. */
  readonly library?: Script;
  /** What it leaves on the node, as `path:/srv/app`; anything unless told. */
  readonly provides?: (args: ArgsOf<Fields>) => readonly Thing[];
  /** What it cannot do without, as `user:deploy`. */
  readonly needs?: (args: ArgsOf<Fields>) => readonly Thing[];
}

/** The names of all types of fields. */
export const fieldTypeNames: readonly string[] = Object.keys(fieldTypes);

/** The schema of a type of field; nothing for a name that is none. */
export function fieldSchema(type: string): v.GenericSchema | undefined {
  return Object.entries(fieldTypes).find(([name]) => name === type)?.[1];
}

function entryOf(kind: string, name: string, field: string): v.GenericSchema {
  const [, type = "", list, optional] = /^(\w+)(\[\])?(\?)?$/.exec(field) ?? [];
  const known = fieldSchema(type);
  if (name === "id") {
    throw new PalletError(
      `Cannot define action ${kind}: a field must not be called "id", which every action has`,
      {
        kind: "infra",
        origin: callerOrigin(),
      },
    );
  }
  if (known === undefined) {
    throw new PalletError(`Cannot define action ${kind}: field "${name}" has the unknown type "${field}"`, {
      kind: "infra",
      origin: callerOrigin(),
      help: `Known: ${fieldTypeNames.join(", ")}; each with [] for a list, and ? when it may be left out.`,
    });
  }
  const value: v.GenericSchema = list === undefined ? known : v.array(known);
  return optional === undefined ? value : v.exactOptional(value);
}

function schemaOf<Fields extends Readonly<Record<string, Field>>>(
  definition: CrateAction<Fields>,
): Schema<ArgsOf<Fields> & JsonObject> {
  const { kind, check } = definition;
  const entries = Object.entries(definition.fields).map((
    [name, field],
  ) => [name, entryOf(kind, name, field)]);
  const checked = v.pipe(
    object(Object.fromEntries(entries)),
    v.rawCheck(({ dataset, addIssue }) => {
      if (!dataset.typed) return;
      const problem = check?.(dataset.value as ArgsOf<Fields>);
      if (problem !== undefined) addIssue({ message: problem });
    }),
  );
  // The entries are made from the very fields that ArgsOf reads.
  return checked as unknown as Schema<ArgsOf<Fields> & JsonObject>;
}

function checkKind(kind: string): void {
  if (/^[a-z][\w.-]*\/[a-z][\w.-]*$/i.test(kind)) return;
  throw new PalletError(`Cannot define action "${kind}": its kind must be a crate's name and its own`, {
    kind: "infra",
    origin: callerOrigin(),
    help: 'Write it as "nginx/site".',
  });
}

/**
 * A kind of action of a crate's own, as a function that makes such actions: arguments, then options.
 *
 * @throws {PalletError} of kind `infra` for a kind or a field that it cannot use. The function it returns throws for wrong
 * arguments, with path, value and the caller's place.
 *
 * @example
 * ```ts
 * import { defineAction, sh } from "pallet";
 *
 * const timezone = defineAction({
 *   kind: "clock/timezone",
 *   fields: { zone: "line" },
 *   check: ({ zone }) => /^[A-Za-z/_+-]+$/.test(zone) ? undefined : "zone must be one as Europe/Zurich",
 *   script: ({ zone }) => sh`
 *     zone=${zone}
 *     if [[ $(readlink /etc/localtime) != "/usr/share/zoneinfo/$zone" ]]; then
 *       if pallet_change "set time zone to $zone"; then
 *         ln -sfn "/usr/share/zoneinfo/$zone" /etc/localtime
 *       fi
 *     fi
 *   `,
 * });
 * const phase = () => timezone({ zone: "Europe/Zurich" });
 * ```
 */
export function defineAction<const Fields extends Readonly<Record<string, Field>>>(
  crateAction: CrateAction<Fields>,
): (args: ArgsOf<Fields>, options?: ActionOptions) => Action {
  const { kind, provides, needs, script, library, subject } = crateAction;
  type Args = ArgsOf<Fields> & JsonObject;
  checkKind(kind);
  const about = (args: Args): string =>
    subject === undefined ? String(args[Object.keys(crateAction.fields)[0] ?? ""] ?? "") : subject(args);
  const definition: ActionDefinition<Args> = {
    kind,
    schema: schemaOf(crateAction),
    subject: about,
    describe: about,
    provides: (args) => provides?.(args) ?? ["*"],
    needs: (args) => needs?.(args) ?? [],
    script: (args, facts, options) => {
      const made = script(args, facts, options);
      if (isScript(made)) return made;
      throw new PalletError(`Cannot compile action ${kind}: its script function returned no script`, {
        kind: "infra",
        help: "Return one made with sh`...`.",
      });
    },
    ...(library === undefined ? {} : { library: library.text }),
  };
  return (args, options = {}) => makeAction(definition, { ...args, ...options });
}
