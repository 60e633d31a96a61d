// A project in YAML as a module like any infra file: each call stands where its key stands in the YAML, so that
// errors, plans and stack traces name places of the YAML.
import type { ValueProblem } from "../../errors.ts";
import type { Json } from "../../json.ts";
import { problemsOf } from "../../schema.ts";
import { isPlainObject } from "../../spec/plain.ts";
import { node } from "../../spec/schemas.ts";
import { didYouMean } from "../../suggest.ts";
import type { Keys } from "../document.ts";
import type { ConfigFile } from "../file.ts";
import { withBash } from "./bash.ts";
import { problemsOfCall } from "./judge.ts";
import { literal } from "./literal.ts";
import { Placed } from "./placed.ts";
import type { GroupValues } from "./schema.ts";

/** Actions of "pallet" by their names. `options`: they are all that it is given; `around`: it stands around others. */
const actions: Readonly<Record<string, "plain" | "options" | "around">> = {
  directory: "plain",
  execCheckedScript: "plain",
  execScript: "plain",
  file: "plain",
  group: "plain",
  guarded: "around",
  lineInFile: "plain",
  packageManager: "plain",
  packages: "plain",
  reboot: "options",
  remoteFile: "plain",
  sed: "plain",
  service: "plain",
  symbolicLink: "plain",
  user: "plain",
  waitForFile: "plain",
  waitForHttp: "plain",
  waitForPort: "plain",
};

/** What the module itself needs of "pallet". */
const OWN = ["groupSpec", "onChange", "rawScript", "secret"];

/** Translates the groups of one file. */
class Translation {
  readonly #out = new Placed();
  readonly #file: ConfigFile;
  readonly #crates: Readonly<Record<string, string>>;
  readonly #problems: ValueProblem[] = [];
  readonly #used = new Set<string>(["groupSpec"]);

  constructor(file: ConfigFile) {
    this.#file = file;
    this.#crates = file.values.crates ?? {};
  }

  get text(): string {
    const { crates = {}, groups = {} } = this.#file.values;
    for (const name of Object.keys(crates)) {
      if (!Object.hasOwn(actions, name) && !OWN.includes(name)) continue;
      this.#refuse(["crates", name], `crates.${name}: "${name}" is a name of pallet's own`, true);
    }
    const parts = [
      [["crates"], () => this.#imports(crates)],
      [["groups"], () => this.#groups(groups)],
    ] as const;
    // In the order of the file: what was passed cannot be written any more.
    const line = (keys: Keys) => this.#file.originOf(keys).line;
    for (const [, write] of parts.toSorted(([a], [b]) => line(a) - line(b))) write();
    if (this.#problems.length > 0) this.#file.refuse(this.#problems);
    if (this.#out.text.includes(' + secret("')) this.#used.add("secret");
    // Imports count from the beginning wherever they stand.
    this.#out.add(` import { ${[...this.#used].sort().join(", ")} } from ${literal("pallet")};`);
    return this.#out.text;
  }

  #refuse(keys: Keys, message: string, unknownKey = false): void {
    this.#problems.push({ keys, message, ...(unknownKey ? { unknownKey: true } : {}) });
  }

  #at(keys: Keys, piece: string): Placed {
    return this.#out.at(this.#file.originOf(keys), piece);
  }

  #imports(crates: Readonly<Record<string, string>>): void {
    for (const [name, specifier] of Object.entries(crates)) {
      this.#at(["crates", name], `import { ${name} } from ${literal(specifier)};`);
    }
  }

  #groups(groups: Readonly<Record<string, GroupValues>>): void {
    this.#out.add("export default [");
    for (const [name, group] of Object.entries(groups)) this.#group(["groups", name], name, group);
    this.#out.add("];");
  }

  #group(keys: Keys, name: string, group: GroupValues): void {
    this.#at(keys, `groupSpec(${literal(name)}, {`);
    for (const [key, value] of Object.entries(group)) {
      const own = [...keys, key];
      if (key === "extends") this.#list(own, value as readonly Json[], (at, item) => this.#spec(at, item));
      else if (key === "phases") this.#phases(own, value as Readonly<Record<string, readonly Json[]>>);
      else {
        if (key === "nodeSpec") this.#nodeSpec(own, value);
        this.#at(own, `${key}: ${literal(value as Json)},`);
      }
    }
    this.#out.add("}),");
  }

  #nodeSpec(keys: Keys, value: unknown): void {
    for (const { path, message, ...problem } of problemsOf(node, value)) {
      const place = [...keys, ...path === "" ? [] : [path]].join(".");
      this.#problems.push({ ...problem, keys: [...keys, ...problem.keys], message: `${place}: ${message}` });
    }
  }

  #phases(keys: Keys, phases: Readonly<Record<string, readonly Json[]>>): void {
    this.#at(keys, "phases: {");
    for (const [phase, items] of Object.entries(phases)) {
      this.#at([...keys, phase], `${literal(phase)}: () => [`);
      for (const [index, item] of items.entries()) this.#action([...keys, phase, index], item);
      this.#out.add("],");
    }
    this.#out.add("},");
  }

  #list(keys: Keys, items: readonly Json[], write: (keys: Keys, item: Json) => void): void {
    this.#at(keys, `${keys.at(-1)}: [`);
    for (const [index, item] of items.entries()) write([...keys, index], item);
    this.#out.add("],");
  }

  /** A spec of a crate: its name, or its name with options. */
  #spec(keys: Keys, item: Json): void {
    const known = Object.keys(this.#crates);
    const call = this.#callOf(keys, item, known, 'Name what it comes from: crates: { NAME: "https://..." }.');
    if (call === undefined) return;
    this.#at(call.keys, `${call.name}(${call.value === null ? "" : literal(call.value)}),`);
  }

  /** An action, with what runs when it changed something. */
  #action(keys: Keys, item: Json): void {
    const known = [...Object.keys(actions), ...Object.keys(this.#crates)];
    const call = this.#callOf(keys, item, known, "A crate's own is named in crates.");
    if (call === undefined) return;
    const { then } = call;
    if (then === undefined) {
      this.#calls(call.keys, call.name, call.value);
      return;
    }
    this.#used.add("onChange");
    this.#out.add("(($changed, $then) => [$changed, $then($changed)])([");
    this.#calls(call.keys, call.name, call.value);
    this.#out.add("].flat(Infinity), ($changed) => onChange($changed, [");
    const reactions = Array.isArray(then) ? then.entries() : [[undefined, then]] as const;
    for (const [at, one] of reactions) this.#action([...keys, "then", ...at === undefined ? [] : [at]], one);
    this.#out.add("].flat(Infinity))),");
  }

  /** Calls of an action: of a map one for each key, which is the first argument. */
  #calls(keys: Keys, name: string, value: Json): void {
    const own = Object.hasOwn(actions, name);
    if (own) this.#used.add(name);
    if (own && actions[name] === "around") return this.#around(keys, name, value);
    if (!own || actions[name] === "options" || !isPlainObject(value)) {
      const args = own && Array.isArray(value) ? value : value === null ? [] : [value];
      this.#call(keys, name, args as readonly Json[]);
      return;
    }
    for (const [subject, options] of Object.entries(value)) {
      const more = Array.isArray(options) ? options : options === null ? [] : [options];
      this.#call([...keys, subject], name, [
        name === "waitForPort" ? Number(subject) : subject,
        ...more as Json[],
      ]);
    }
  }

  /** Actions, and those that undo them: `{ do: [...], undo: [...] }` with more options. */
  #around(keys: Keys, name: string, value: Json): void {
    const { do: done, undo, ...options } = isPlainObject(value) ? value : {};
    if (!Array.isArray(done) || !Array.isArray(undo)) {
      this.#refuse(keys, "must have do and undo, each a list of actions");
      return;
    }
    const each = (key: string, items: readonly Json[]) => {
      for (const [index, item] of items.entries()) this.#action([...keys, key, index], item);
    };
    this.#at(keys, `${name}([`);
    each("do", done);
    this.#out.add(`], { ...${literal(options as Json)}, undo: [`);
    each("undo", undo);
    this.#out.add("] }),");
  }

  #call(keys: Keys, name: string, args: readonly Json[]): void {
    if (Object.hasOwn(actions, name)) this.#problems.push(...problemsOfCall(keys, name, args));
    const words = withBash<string>(Object.hasOwn(actions, name) ? name : "", args, {
      bash: (text) => {
        this.#used.add("rawScript");
        return `rawScript(${literal(text)})`;
      },
      data: literal,
      map: (entries) => `{ ${entries.map(([key, value]) => `[${literal(key)}]: ${value}`).join(", ")} }`,
    });
    this.#at(keys, `${name}(${words.join(", ")}),`);
  }

  /** The one function that an item names, what it is given, and what comes after it. */
  #callOf(
    keys: Keys,
    item: Json,
    known: readonly string[],
    help: string,
  ): { readonly name: string; readonly keys: Keys; readonly value: Json; readonly then?: Json } | undefined {
    const names = typeof item === "string" ? [item] : isPlainObject(item) ? Object.keys(item) : [];
    const [name, ...others] = names.filter((one) => one !== "then");
    if (name === undefined || others.length > 0) {
      this.#refuse(keys, `must be one name, or a map from one name to what it is given`);
      return undefined;
    }
    if (!known.includes(name)) {
      const message = `there is no "${name}" here.${didYouMean(name, known)} ${help}`;
      this.#refuse(typeof item === "string" ? keys : [...keys, name], message, typeof item !== "string");
      return undefined;
    }
    if (typeof item === "string" || !isPlainObject(item)) return { name, keys, value: null };
    const then = item["then"] as Json | undefined;
    return {
      name,
      keys: [...keys, name],
      value: item[name] as Json,
      ...(then === undefined || then === null ? {} : { then }),
    };
  }
}

/**
 * The module that the groups of a file make.
 *
 * @throws {PalletError} of kind `config` with places for what is no action, no crate, or no node spec.
 */
export function translate(file: ConfigFile): string {
  return new Translation(file).text;
}
