import { messageOf } from "../../errors.ts";
import { refusedBy } from "./trouble.ts";

type Env = (name: string) => string | undefined;

/** Clients by the URL that is asked: what is on this machine is asked directly. */
export interface Clients {
  for(url: URL): Deno.HttpClient;
  close(): void;
}

/** Variables that name files with certificates of authorities to trust besides those that everyone trusts. */
const CERTIFICATES = ["DENO_CERT", "SSL_CERT_FILE"];

/** Variables that name a proxy. `http_proxy` is for `http:` in lower case alone, as everywhere. */
const PROXIES = ["HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"];

/** The proxy to use besides what the platform takes from the environment: none when that names one of its own. */
export function proxyBeside(env: Env, proxy: string | undefined): string | undefined {
  return PROXIES.some((name) => (env(name) ?? "") !== "") ? undefined : proxy;
}

function isHere({ hostname }: URL): boolean {
  return hostname === "localhost" || hostname === "[::1]" || /^127(?:\.\d+){3}$/.test(hostname);
}

function open(options: Deno.CreateHttpClientOptions): Deno.HttpClient {
  try {
    return Deno.createHttpClient(options);
  } catch (cause) {
    // The platform reads these variables itself as well, and takes an empty one for the name of a file.
    const said = CERTIFICATES.join(" or ");
    throw refusedBy(
      `certificates that ${said} names cannot be used: ${messageOf(cause)}`,
      `Correct or unset ${said}.`,
    );
  }
}

/**
 * Clients that trust what the environment says; proxies are taken from the environment by the platform, which also sees
 * to `NO_PROXY`. Another proxy is used where the environment names none, and never for this machine itself.
 */
export async function openClients(env: Env, proxy?: string): Promise<Clients> {
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
  const direct = open({ caCerts });
  const beside = proxyBeside(env, proxy);
  const through = beside === undefined ? direct : open({ caCerts, proxy: { url: beside } });
  return {
    for: (url) => isHere(url) ? direct : through,
    close: () => {
      direct.close();
      if (through !== direct) through.close();
    },
  };
}
