// Files of private keys: what ssh asks of them before it looks inside.

async function infoOf(path: string): Promise<Deno.FileInfo | undefined> {
  try {
    return await Deno.stat(path);
  } catch (thrown) {
    if (thrown instanceof Deno.errors.NotFound || thrown instanceof Deno.errors.NotADirectory) {
      return undefined;
    }
    throw thrown;
  }
}

/** Whether a file of a private key is there, or its public half, whose private one an agent may have. */
export async function isPrivateKeyThere(path: string): Promise<boolean> {
  return await infoOf(path) !== undefined || await infoOf(`${path}.pub`) !== undefined;
}

/** Why a private key is too open to be used; nothing when it is not, or another user's, as with ssh. */
export async function exposed(path: string): Promise<string | undefined> {
  if (Deno.build.os === "windows") return undefined;
  const { mode, uid } = await Deno.stat(path);
  if (mode === null || uid !== Deno.uid() || (mode & 0o077) === 0) return undefined;
  const octal = (mode & 0o7777).toString(8).padStart(4, "0");
  return `others than its owner may read or write it (mode ${octal}), so that it is not used, as ssh does not; ` +
    `if nobody else has it by now: chmod 600 ${path}`;
}
