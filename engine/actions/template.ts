// Templates: small and strict.
import { PalletError } from "../errors.ts";
import { didYouMean } from "../suggest.ts";

const NAME = /^[A-Za-z_][A-Za-z0-9_.-]*$/;
const MARK = /\{\{\{\{|\{\{([^{}\n]*)\}\}|\{\{/g;

function lineAt(text: string, index: number): number {
  return text.slice(0, index).split("\n").length;
}

/**
 * A template with its values: `{{name}}` stands for a value, `{{{{` for `{{` itself; all else is taken as it stands.
 *
 * @param file Name of the template, for messages.
 * @throws {PalletError} of kind `infra` for a name without a value, a value that is not used, and `{{` that is neither.
 *
 * @example
 * ```ts
 * import { renderTemplate } from "./template.ts";
 *
 * console.assert(renderTemplate("port={{port}}\n", { port: 80 }, "app.conf") === "port=80\n");
 * console.assert(renderTemplate("{{{{ is kept }}", {}, "app.conf") === "{{ is kept }}");
 * ```
 */
export function renderTemplate(
  text: string,
  values: Readonly<Record<string, string | number | boolean>>,
  file: string,
): string {
  const used = new Set<string>();
  const rendered = text.replaceAll(MARK, (mark: string, inside: string | undefined, index: number) => {
    if (mark === "{{{{") return "{{";
    const name = inside?.trim() ?? "";
    const place = `${file}:${lineAt(text, index)}`;
    if (!NAME.test(name)) {
      throw new PalletError(`Cannot use template ${place}: "${mark}" does not name a value`, {
        kind: "infra",
        help: "Write {{name}} for a value, and {{{{ for two braces.",
      });
    }
    if (!Object.hasOwn(values, name)) {
      throw new PalletError(
        `Cannot use template ${place}: there is no value for "${name}".${
          didYouMean(name, Object.keys(values))
        }`,
        { kind: "infra", help: `Add "${name}" to values.` },
      );
    }
    used.add(name);
    return String(values[name]);
  });
  const unused = Object.keys(values).filter((name) => !used.has(name));
  if (unused.length > 0) {
    throw new PalletError(`Cannot use template ${file}: it has no place for ${unused.join(", ")}`, {
      kind: "infra",
      help: "Remove what is not used from values, or write {{name}} where it belongs.",
    });
  }
  return rendered;
}
