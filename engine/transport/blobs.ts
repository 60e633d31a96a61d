import type { BlobReference } from "../actions/contents.ts";
import { messageOf, PalletError } from "../errors.ts";

/** The bytes of a content that travels beside a script. @throws {PalletError} of kind `infra` naming the file. */
export async function* readBlob(blob: BlobReference): AsyncIterable<Uint8Array> {
  try {
    using file = await Deno.open(blob.path, { read: true });
    const buffer = new Uint8Array(256 * 1024);
    for (let read = await file.read(buffer); read !== null; read = await file.read(buffer)) {
      yield buffer.slice(0, read);
    }
  } catch (thrown) {
    throw new PalletError(`Cannot read "${blob.path}": ${messageOf(thrown)}`, {
      kind: "infra",
      cause: thrown,
    });
  }
}
