// Types as `deno doc --json` gives them, and how they are written.

/** A type of TypeScript. */
export interface TsType {
  readonly kind: string;
  readonly repr?: string;
  readonly value?: unknown;
}

/** A comment in front of something. */
export interface JsDoc {
  readonly doc?: string;
  readonly tags?: readonly { readonly kind: string; readonly name?: string; readonly doc?: string }[];
}

/** A property of an interface or of a type literal. */
export interface Property {
  readonly name: string;
  readonly jsDoc?: JsDoc;
  readonly optional?: boolean;
  readonly readonly?: boolean;
  readonly tsType?: TsType;
}

/** A parameter: itself, with a default, or the rest. */
export interface Parameter {
  readonly kind: string;
  readonly name?: string;
  readonly optional?: boolean;
  readonly tsType?: TsType;
  readonly left?: Parameter;
  readonly arg?: Parameter;
}

/** What a function and a method have. */
export interface Callable {
  readonly params?: readonly Parameter[];
  readonly returnType?: TsType;
  readonly typeParams?: readonly TypeParameter[];
}

/** `T extends object`. */
export interface TypeParameter {
  readonly name: string;
  readonly constraint?: TsType;
}

interface Literal {
  readonly properties?: readonly Property[];
  readonly methods?: readonly (Callable & { readonly name: string })[];
  readonly indexSignatures?: readonly { readonly params: readonly Parameter[]; readonly tsType: TsType }[];
}

const many = (value: unknown): readonly TsType[] => value as readonly TsType[];

/** A parameter as it is declared. */
function parameterText({ kind, name, optional, tsType, left, arg }: Parameter): string {
  if (kind === "assign" && left !== undefined) return parameterText({ ...left, optional: true });
  if (kind === "rest" && arg !== undefined) return `...${arg.name}: ${typeText(tsType)}`;
  return `${name}${optional ? "?" : ""}: ${typeText(tsType)}`;
}

/** Type parameters in angle brackets, if there are any. */
export function typeParametersText(parameters: readonly TypeParameter[] = []): string {
  if (parameters.length === 0) return "";
  return `<${
    parameters.map(({ name, constraint }) =>
      constraint === undefined ? name : `${name} extends ${typeText(constraint)}`
    ).join(", ")
  }>`;
}

/** Parameters in parentheses. */
export function parametersText(callable: Callable): string {
  return `${typeParametersText(callable.typeParams)}(${
    (callable.params ?? []).map(parameterText).join(", ")
  })`;
}

function literalText({ properties = [], methods = [], indexSignatures = [] }: Literal): string {
  const parts = [
    ...properties.map(({ name, optional, tsType }) => `${name}${optional ? "?" : ""}: ${typeText(tsType)}`),
    ...methods.map((method) => `${method.name}${parametersText(method)}: ${typeText(method.returnType)}`),
    ...indexSignatures.map(({ params, tsType }) => `[${params.map(parameterText)}]: ${typeText(tsType)}`),
  ];
  return parts.length === 0 ? "{}" : `{ ${parts.join("; ")} }`;
}

/** In a list of a type, what is more than one word stands in parentheses. */
function element(type: TsType): string {
  const text = typeText(type);
  return ["union", "fnOrConstructor", "intersection"].includes(type.kind) ? `(${text})` : text;
}

/**
 * A type in one line. `readonly` is left out: nothing that is given or got is changed by anybody.
 *
 * @throws {Error} for a kind of type that it does not know, so that nothing is left out in silence.
 */
export function typeText(type: TsType | undefined): string {
  if (type === undefined) return "unknown";
  const { kind, value } = type;
  switch (kind) {
    case "keyword":
      return String(value);
    case "literal": {
      const literal = value as { kind: string; string?: string; number?: number; boolean?: boolean };
      if (literal.kind === "string") return JSON.stringify(literal.string);
      if (literal.kind === "template") {
        return type.repr === undefined || type.repr === "" ? "text" : type.repr;
      }
      return String(literal.number ?? literal.boolean);
    }
    case "typeRef": {
      const { typeName, typeParams } = value as { typeName: string; typeParams?: readonly TsType[] };
      return typeParams === undefined ? typeName : `${typeName}<${typeParams.map(typeText).join(", ")}>`;
    }
    case "typeOperator": {
      const { operator, tsType } = value as { operator: string; tsType: TsType };
      return operator === "readonly" ? typeText(tsType) : `${operator} ${typeText(tsType)}`;
    }
    case "array":
      return `${element(value as TsType)}[]`;
    case "union":
      return many(value).map(typeText).join(" | ");
    case "intersection":
      return many(value).map(typeText).join(" & ");
    case "tuple":
      return `[${many(value).map(typeText).join(", ")}]`;
    case "parenthesized": {
      const inner = value as TsType;
      // Without "readonly" in front of it there is nothing to hold together.
      return inner.kind === "typeOperator" ? typeText(inner) : `(${typeText(inner)})`;
    }
    case "typeLiteral":
      return literalText(value as Literal);
    case "fnOrConstructor": {
      const { tsType, ...callable } = value as Callable & { readonly tsType: TsType };
      return `${parametersText(callable)} => ${typeText(tsType)}`;
    }
    case "mapped": {
      const { typeParam, tsType } = value as { typeParam: TypeParameter; tsType: TsType };
      return `{ [${typeParam.name} in ${typeText(typeParam.constraint)}]: ${typeText(tsType)} }`;
    }
    case "indexedAccess": {
      const { objType, indexType } = value as { objType: TsType; indexType: TsType };
      return `${typeText(objType)}[${typeText(indexType)}]`;
    }
    case "typeQuery":
      return `typeof ${value}`;
    case "conditional": {
      const { checkType, extendsType, trueType, falseType } = value as Record<string, TsType>;
      return `${typeText(checkType)} extends ${typeText(extendsType)} ? ${typeText(trueType)} : ${
        typeText(falseType)
      }`;
    }
    case "infer":
      return `infer ${(value as { typeParam: TypeParameter }).typeParam.name}`;
    default:
      throw new Error(`There is no way to write a type of kind "${kind}"`);
  }
}
