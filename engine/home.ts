/**
 * Where the program's own files are: the checkout or the compiled executable with their folders, or the one folder that
 * everything was bundled into.
 */
interface Home {
  readonly bundled: boolean;
  readonly url: string;
}

const SOURCE = "engine/home.ts";

/** Where this program's own files are. */
export const home: Home = import.meta.url.endsWith(`/${SOURCE}`)
  ? { bundled: false, url: import.meta.url.slice(0, -SOURCE.length) }
  : { bundled: true, url: new URL("./", import.meta.url).href };
