/** A part of a pattern; its wildcards mean what they mean to a shell. */
function expression(part: string): RegExp {
  const source = part.replaceAll(
    /\[(!?)(\]?[^\]]*)\]|[\s\S]/g,
    (one, not: string | undefined, set: string | undefined) => {
      if (set !== undefined) return `[${not === "!" ? "^" : ""}${set.replaceAll(/[\\\]^[]/g, "\\$&")}]`;
      return one === "*" ? ".*" : one === "?" ? "." : one.replace(/[\\^$.|+()[\]{}]/, "\\$&");
    },
  );
  return new RegExp(`^${source}$`, "s");
}

async function names(folder: string): Promise<readonly string[]> {
  try {
    return (await Array.fromAsync(Deno.readDir(folder))).map(({ name }) => name).sort();
  } catch {
    return []; // Nothing to find in what is no folder, or is not to be looked into.
  }
}

async function exists(path: string): Promise<boolean> {
  return await Deno.lstat(path).then(() => true, () => false);
}

/** Paths that an absolute pattern of shell wildcards stands for, sorted; a path without any, when it exists. */
export async function expandGlob(pattern: string): Promise<readonly string[]> {
  const [start = "", ...parts] = pattern.split("/");
  let found: readonly string[] = [start];
  for (const part of parts) {
    const next: string[] = [];
    for (const folder of found) {
      if (!/[*?[]/.test(part)) next.push(`${folder}/${part}`);
      else {
        const hidden = part.startsWith(".");
        const wanted = expression(part);
        const fitting = (await names(`${folder}/`)).filter((name) =>
          (hidden || !name.startsWith(".")) && wanted.test(name)
        );
        next.push(...fitting.map((name) => `${folder}/${name}`));
      }
    }
    found = next;
  }
  const present = await Promise.all(found.map(async (path) => await exists(path) ? [path] : []));
  return present.flat();
}
