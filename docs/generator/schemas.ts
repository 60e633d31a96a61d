// Schemas of configuration as rows: path, type, whether it may be left out.

/** What is read of a schema. */
interface Node {
  readonly type: string;
  readonly entries?: Readonly<Record<string, Node>>;
  readonly wrapped?: Node;
  readonly item?: Node;
  readonly key?: Node;
  readonly value?: Node;
  readonly options?: readonly (Node | string)[];
  readonly pipe?: readonly Node[];
}

/** A key of a schema. */
export interface SchemaKey {
  readonly path: string;
  readonly type: string;
  readonly optional: boolean;
}

/** Keys of several kinds of one thing, each once: needed when every kind needs it. */
function keysOfKinds(kinds: readonly Node[], prefix: string): readonly SchemaKey[] {
  const found = new Map<string, SchemaKey[]>();
  for (const kind of kinds) {
    for (const key of schemaKeys(kind, prefix)) found.set(key.path, [...found.get(key.path) ?? [], key]);
  }
  return [...found].map(([path, keys]) => ({
    path,
    type: [...new Set(keys.map(({ type }) => type))].join(" or "),
    optional: keys.length < kinds.length || keys.some(({ optional }) => optional),
  }));
}

const isObject = (node: Node): boolean => node.entries !== undefined;

function typeOf(node: Node): string {
  switch (node.type) {
    case "array":
      return node.item === undefined ? "list" : `list of ${typeOf(node.item)}s`;
    case "record":
      return node.value === undefined ? "map" : `map of ${typeOf(node.value)}s`;
    case "union":
      return (node.options ?? []).map((option) => typeof option === "string" ? option : typeOf(option)).join(
        " or ",
      );
    case "picklist":
      return (node.options ?? []).join(" or ");
    case "string":
      return "text";
    case "custom":
      return "map";
    case "number":
    case "boolean":
      return node.type;
    default:
      return isObject(node) ? "map" : node.type;
  }
}

/** All keys below a schema of an object that stand for themselves. */
export function schemaKeys(schema: unknown, prefix = ""): readonly SchemaKey[] {
  const { entries = {} } = schema as Node;
  return Object.entries(entries).flatMap(([name, entry]): readonly SchemaKey[] => {
    const optional = entry.type === "optional" || entry.type === "exact_optional";
    const node = optional && entry.wrapped !== undefined ? entry.wrapped : entry;
    const path = `${prefix}${name}`;
    if (isObject(node)) return schemaKeys(node, `${path}.`);
    const inner = node.type === "record" ? node.value : node.type === "array" ? node.item : undefined;
    const own = { path, type: typeOf(node), optional };
    if (inner?.type === "variant") {
      const kinds = (inner.options ?? []).filter((option) => typeof option !== "string");
      return [{ ...own, type: "list of maps" }, ...keysOfKinds(kinds, `${path}[].`)];
    }
    if (inner === undefined || !isObject(inner)) return [own];
    const below = schemaKeys(inner, node.type === "array" ? `${path}[].` : `${path}.NAME.`);
    return node.type === "array" ? below : [{ ...own, type: "map" }, ...below];
  });
}
