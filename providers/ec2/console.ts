// Host keys, as cloud-init prints them on the console: they tell the right machine from another at its address.

const block = /-----BEGIN SSH HOST KEY KEYS-----([\s\S]*?)-----END SSH HOST KEY KEYS-----/g;

/** Host keys on a console, as `ssh-ed25519 AAAA...`; those of the latest start. */
export function hostKeysOf(console: string): readonly string[] {
  const last = [...console.matchAll(block)].at(-1)?.[1] ?? "";
  return last.split(/\r?\n/).flatMap((line) => {
    // What prints to the console may put a time before each line.
    const match = /(?:^|\s)((?:ssh|ecdsa)-[a-z0-9-]+ [A-Za-z0-9+/]+=*)(?:\s|$)/.exec(line);
    return match?.[1] === undefined ? [] : [match[1]];
  });
}

/** The text of a console as GetConsoleOutput has it. */
export function consoleText(output: string | undefined): string {
  if (output === undefined) return "";
  try {
    return new TextDecoder().decode(Uint8Array.from(atob(output), (char) => char.charCodeAt(0)));
  } catch {
    return output;
  }
}
