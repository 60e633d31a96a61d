// What modules export, as `deno doc --json` tells it.
import type { Callable, JsDoc, Property, TsType, TypeParameter } from "./types.ts";

const ROOT = new URL("../../", import.meta.url);

/** One declaration of a name. */
export interface Declaration {
  readonly kind: string;
  /** `export`, or `private` for what is only mentioned by something that is exported. */
  readonly declarationKind: string;
  readonly jsDoc?: JsDoc;
  readonly def: Callable & {
    readonly extends?: readonly TsType[] | string;
    readonly properties?: readonly Property[];
    readonly methods?: readonly (Callable & { readonly name: string; readonly jsDoc?: JsDoc })[];
    readonly indexSignatures?: readonly { readonly tsType: TsType }[];
    readonly tsType?: TsType;
    /** Of a name that another module that was read declares. */
    readonly target?: { readonly filename: string };
    readonly typeParams?: readonly TypeParameter[];
  };
}

/** A name that a module exports. */
export interface Exported {
  readonly name: string;
  readonly declarations: readonly Declaration[];
}

function isInternal({ jsDoc }: Declaration): boolean {
  return jsDoc?.tags?.some((tag) => tag.kind === "internal") ?? false;
}

/** What modules export, by the module's path. */
export class Library {
  readonly #modules: ReadonlyMap<string, readonly Exported[]>;

  constructor(modules: ReadonlyMap<string, readonly Exported[]>) {
    this.#modules = modules;
  }

  /** What a module exports, in the order of names; what is marked as internal is left out. */
  exportsOf(module: string): readonly Exported[] {
    const found = this.#modules.get(module);
    if (found === undefined) throw new Error(`Module ${module} was not read`);
    return found.filter(({ declarations }) => declarations.some((one) => one.declarationKind === "export"))
      .map((exported) => this.#resolved(exported))
      .filter(({ declarations }) => !declarations.some((one) => isInternal(one)))
      .toSorted((a, b) => a.name < b.name ? -1 : 1);
  }

  /** A name with the declarations of the module that it is passed on from. */
  #resolved(exported: Exported): Exported {
    const url = exported.declarations.find(({ kind }) => kind === "reference")?.def.target?.filename;
    if (url === undefined) return exported;
    const there = this.#modules.get(url.slice(ROOT.href.length))?.find(({ name }) => name === exported.name);
    if (there === undefined) throw new Error(`The module of ${exported.name}, ${url}, was not read`);
    return there;
  }

  /** A name that a module exports. */
  find(module: string, name: string): Exported {
    const found = this.exportsOf(module).find((exported) => exported.name === name);
    if (found === undefined) throw new Error(`Module ${module} exports no ${name}`);
    return found;
  }

  /** The declaration of a type as a module means it, or, when it does not export it, as any other module does. */
  typeNamed(name: string, module: string): Declaration | undefined {
    for (const path of [module, ...this.#modules.keys()]) {
      const there = this.#modules.get(path)?.find((exported) => exported.name === name);
      const found = there === undefined ? [] : this.#resolved(there).declarations;
      const type = found.find(({ kind }) => kind === "interface" || kind === "typeAlias");
      if (type !== undefined) return type;
    }
    return undefined;
  }

  /** An interface as a module means its name. */
  interfaceNamed(name: string, module: string): Declaration | undefined {
    const found = this.typeNamed(name, module);
    return found?.kind === "interface" ? found : undefined;
  }

  /** Keys of an interface of a module: its own, then those of what it extends, the nearest of a name. */
  propertiesOf(declaration: Declaration, module: string): readonly Property[] {
    const { properties = [], extends: bases } = declaration.def;
    const own = new Map(properties.map((property) => [property.name, property]));
    for (const base of Array.isArray(bases) ? bases as readonly TsType[] : []) {
      for (const property of this.#propertiesOfBase(base, module)) {
        if (!own.has(property.name)) own.set(property.name, property);
      }
    }
    return [...own.values()];
  }

  #propertiesOfBase(base: TsType, module: string): readonly Property[] {
    const { typeName, typeParams = [] } = base.value as { typeName: string; typeParams?: readonly TsType[] };
    if (typeName === "Omit") {
      const [from, keys] = typeParams;
      const left = from === undefined ? [] : this.#propertiesOfBase(from, module);
      const omitted = JSON.stringify(keys);
      return left.filter(({ name }) => !omitted.includes(JSON.stringify(name)));
    }
    // The language's own: who reads this knows them.
    if (typeName in globalThis || typeName === "PromiseLike") return [];
    const declaration = this.typeNamed(typeName, module);
    if (declaration?.kind === "interface") return this.propertiesOf(declaration, module);
    if (declaration?.def.tsType === undefined) throw new Error(`No module that was read exports ${typeName}`);
    return this.#propertiesOfBase(declaration.def.tsType, module);
  }
}

/** Reads what modules export; paths are relative to the project. */
export async function readLibrary(modules: readonly string[]): Promise<Library> {
  const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["doc", "--json", ...modules],
    env: { NO_COLOR: "1" }, // it would colour template types even in JSON
    cwd: ROOT.pathname,
  }).output();
  if (!success) throw new Error(`Cannot read modules: ${new TextDecoder().decode(stderr)}`);
  const { nodes } = JSON.parse(new TextDecoder().decode(stdout)) as {
    nodes: Record<string, { symbols: readonly Exported[] }>;
  };
  return new Library(
    new Map(Object.entries(nodes).map(([url, { symbols }]) => [url.slice(ROOT.href.length), symbols])),
  );
}
