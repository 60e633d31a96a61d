// Pieces of pages.
import type { Declaration, Exported, Library } from "./library.ts";
import {
  type Callable,
  type JsDoc,
  parametersText,
  type Property,
  typeParametersText,
  typeText,
} from "./types.ts";

/** Text of a comment, its links as code. */
export function prose(jsDoc: JsDoc | undefined): string {
  return linksAsCode(jsDoc?.doc ?? "").replace(/\s*@module[\s\S]*$/, "").trim();
}

function linksAsCode(text: string): string {
  return text.replaceAll(/\{@link(?:code|plain)? ([^}|]+?)(?:\|[^}]*)?\}/g, "`$1`");
}

/** A page from its title and parts. */
export function page(title: string, ...parts: readonly string[]): string {
  return [`# ${title}`, ...parts.filter((part) => part !== "")].join("\n\n") + "\n";
}

/** Code in one line; in a table a bar would end the cell. */
function code(text: string): string {
  return `\`${text}\``;
}

/** A text as a cell. */
function cell(text: string): string {
  return text.replaceAll(/\s*\n\s*/g, " ").replaceAll("|", "\\|");
}

/** A table; nothing when there are no rows. */
export function table(heads: readonly string[], rows: readonly (readonly string[])[]): string {
  if (rows.length === 0) return "";
  return [heads, heads.map(() => "---"), ...rows.map((row) => row.map(cell))]
    .map((row) => `| ${row.join(" | ")} |`).join("\n");
}

/** Keys of an object: name, type, meaning. A key that may be left out has a question mark. */
export function keysTable(properties: readonly Property[], head = "key"): string {
  const rows = properties.map(({ name, optional, tsType, jsDoc }) => [
    code(`${name}${optional ? "?" : ""}`),
    code(typeText(tsType)),
    prose(jsDoc),
  ]);
  const said = rows.some(([, , meaning]) => meaning !== "");
  return said
    ? table([head, "type", "meaning"], rows)
    : table([head, "type"], rows.map((row) => row.slice(0, 2)));
}

/** Keys of an interface, inherited ones among them, and its methods. */
export function interfaceTable(
  library: Library,
  module: string,
  declaration: Declaration,
  head?: string,
): string {
  const methods = (declaration.def.methods ?? []).map((method): Property => ({
    name: `${method.name}${parametersText(method)}`,
    ...(method.jsDoc === undefined ? {} : { jsDoc: method.jsDoc }),
    ...(method.returnType === undefined ? {} : { tsType: method.returnType }),
  }));
  return keysTable([...library.propertiesOf(declaration, module), ...methods], head);
}

/** A function as it is declared. */
export function signature(name: string, callable: Callable): string {
  return `${name}${parametersText(callable)}: ${typeText(callable.returnType)}`;
}

function tagsOf(jsDoc: JsDoc | undefined, kind: string): readonly { name?: string; text: string }[] {
  return (jsDoc?.tags ?? []).filter((tag) => tag.kind === kind).map((tag) => ({
    ...(tag.name === undefined ? {} : { name: tag.name }),
    text: kind === "example" ? (tag.doc ?? "").trim() : linksAsCode((tag.doc ?? "").trim()),
  }));
}

/** Signatures, text, parameters, errors and examples of a function. */
export function functionSection({ name, declarations }: Exported, module = "pallet"): string {
  const functions = declarations.filter(({ kind, jsDoc }) => kind === "function" && jsDoc !== undefined);
  const docs = functions.map(({ jsDoc }) => jsDoc);
  const parameters = docs.flatMap((doc) => tagsOf(doc, "param"));
  const throws = docs.flatMap((doc) => tagsOf(doc, "throws"));
  return [
    `\`\`\`ts ignore\n${functions.map(({ def }) => signature(name, def)).join("\n")}\n\`\`\``,
    docs.map(prose).join("\n\n"),
    parameters.map(({ name, text }) => `- \`${name}\`: ${text}`).join("\n"),
    throws.map(({ text }) => `Throws a \`PalletError\` ${text}`).join("\n\n"),
    // Within the engine an example imports the file that it stands in.
    ...docs.flatMap((doc) =>
      tagsOf(doc, "example").map(({ text }) => text.replaceAll(/from "\.[^"]*"/g, `from "${module}"`))
    ),
  ].filter((part) => part !== "").join("\n\n");
}

/** The first sentence of what is said of a name. */
export function summary({ declarations }: Exported): string {
  const text = prose(declarations.find(({ jsDoc }) => jsDoc?.doc !== undefined)?.jsDoc);
  return /^[\s\S]*?(?:(?<!e\.g)[.;:](?=\s)|$)/.exec(text)?.[0].replace(/[.;:]$/, "") ?? "";
}

/** A type of any kind: what it is for, and its keys or what it stands for. */
export function typeSection(library: Library, module: string, { name, declarations }: Exported): string {
  const [declaration] = declarations;
  if (declaration === undefined) throw new Error(`${name} is declared nowhere`);
  const { kind, jsDoc, def } = declaration;
  if (kind === "interface") return `${prose(jsDoc)}\n\n${interfaceTable(library, module, declaration)}`;
  const is = kind === "typeAlias"
    ? `type ${name}${typeParametersText(def.typeParams)} = ${typeText(def.tsType)}`
    : "";
  return `${prose(jsDoc)}${is === "" ? "" : `\n\n\`\`\`ts ignore\n${is}\n\`\`\``}`;
}
