/** Where Debian packages come from when the machine itself is no Debian: the public default. */
const publicDebian = {
  debian: "http://deb.debian.org/debian",
  debianSecurity: "http://deb.debian.org/debian-security",
};

/** Mirrors by archive; absent: unknown. */
export interface Mirrors {
  readonly debian: string;
  readonly debianSecurity: string;
  readonly ubuntu?: string;
}

/** All URIs that a text of apt sources names, in either of its two formats. */
export function urisOf(sources: string): readonly string[] {
  return sources.split("\n").flatMap((line) => {
    const text = line.replace(/#.*/, "").trim();
    const one = /^deb\s+(?:\[[^\]]*\]\s+)?(\S+)/.exec(text)?.[1];
    const many = /^URIs:\s*(.*)/i.exec(text)?.[1]?.split(/\s+/);
    return [...(one === undefined ? [] : [one]), ...(many ?? [])].map((uri) => uri.replace(/\/+$/, ""));
  }).filter((uri) => /^https?:/.test(uri));
}

/** The machine's own mirrors where it has some, else the public default of Debian. */
export function mirrorsOf(sources: string): Mirrors {
  const uris = urisOf(sources);
  const ubuntu = uris.find((uri) => uri.endsWith("/ubuntu"));
  return {
    debian: uris.find((uri) => uri.endsWith("/debian")) ?? publicDebian.debian,
    debianSecurity: uris.find((uri) => uri.endsWith("/debian-security")) ?? publicDebian.debianSecurity,
    ...(ubuntu === undefined ? {} : { ubuntu }),
  };
}

/** The text of all of the machine's apt sources; empty where there are none. */
export async function readSources(root = "/etc/apt"): Promise<string> {
  const files = [`${root}/sources.list`];
  try {
    for await (const entry of Deno.readDir(`${root}/sources.list.d`)) {
      if (/\.(list|sources)$/.test(entry.name)) files.push(`${root}/sources.list.d/${entry.name}`);
    }
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
  const texts = await Promise.all(files.map((file) => Deno.readTextFile(file).catch(() => "")));
  return texts.join("\n");
}
