// Projects that are written in YAML alone.

/** Whether a project is written in YAML alone. */
function isYaml(path: string): boolean {
  return /\.ya?ml$/.test(path);
}

/** The module that a project in YAML stands for. */
async function translate(text: string, path: string): Promise<string> {
  const [{ parseConfig }, yaml] = await Promise.all([
    import("../engine/config/file.ts"),
    import("../engine/config/yaml_project/translate.ts"),
  ]);
  return yaml.translate(await parseConfig(text, path, "project"));
}

/** How a file becomes a module, where it is none by itself. */
export function translation(infra: string): { readonly translate?: typeof translate } {
  return isYaml(infra) ? { translate } : {};
}
