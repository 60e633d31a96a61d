import { messageOf } from "../../errors.ts";
import { refusedBy } from "./trouble.ts";

type Env = (name: string) => string | undefined;

/** Variables that name files with certificates of authorities to trust besides those that everyone trusts. */
const CERTIFICATES = ["DENO_CERT", "SSL_CERT_FILE"];

/** A client that trusts what the environment says; proxies are taken from the environment by the platform. */
export async function openClient(env: Env): Promise<Deno.HttpClient> {
  const caCerts: string[] = [];
  for (const name of CERTIFICATES) {
    const path = env(name);
    if (path === undefined || path === "") continue;
    try {
      caCerts.push(await Deno.readTextFile(path));
    } catch (cause) {
      throw refusedBy(
        `${name} names a file that cannot be read: ${messageOf(cause)}`,
        `Correct or unset ${name}.`,
      );
    }
  }
  return Deno.createHttpClient({ caCerts });
}
