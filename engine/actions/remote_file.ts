import { createHash } from "node:crypto";
import { PalletError } from "../errors.ts";
import { hasDeferred, secretsIn } from "../plan/deferred.ts";
import { isScript, type Script, sh } from "../script/sh.ts";
import { object, type Schema, v } from "../schema.ts";
import type { Action } from "./action.ts";
import { filesLibrary } from "./bash_files.ts";
import { remoteFileLibrary } from "./bash_remote_file.ts";
import { type ActionOptions, makeAction } from "./define.ts";
import type { BlobReference, LocalFiles } from "./contents.ts";
import type { ActionDefinition, ScriptOptions } from "./definition.ts";
import { downloadHash, downloadLibrary, downloadTime, downloadUrl } from "./download.ts";
import { count, mode, ownership, ownershipOf, path, text } from "./fields.ts";
import { withProxy } from "./proxy.ts";
import { renderTemplate } from "./template.ts";
import { owners, parentsOf } from "./things.ts";

/** Local files of more bytes, or that are no text, travel beside the script. */
const LARGEST_INLINE = 32 * 1024;
/** A template is text that somebody wrote. */
const LARGEST_TEMPLATE = 16 * 1024 * 1024;

const value = v.union([v.number(), v.boolean(), text]);
const verify = v.pipe(
  v.unknown(),
  v.transform((given) => isScript(given) ? given.text : given),
  v.string("must be a command, as a text or made with sh`...`"),
  v.nonEmpty("must not be empty"),
  v.check((given) => !hasDeferred(given), "must not hold a value that is known only later"),
);

const fields = object({
  path,
  action: v.optional(v.picklist(["create", "delete"]), "create"),
  content: v.exactOptional(text),
  localFile: v.exactOptional(v.pipe(v.string(), v.nonEmpty("must not be empty"))),
  template: v.exactOptional(v.pipe(v.string(), v.nonEmpty("must not be empty"))),
  values: v.exactOptional(v.record(v.string(), value)),
  url: v.exactOptional(downloadUrl),
  sha256: v.exactOptional(downloadHash),
  timeout: v.exactOptional(downloadTime),
  ...ownership,
  mode: v.exactOptional(mode),
  overwriteChanges: v.optional(v.boolean(), false),
  noVersioning: v.optional(v.boolean(), false),
  maxVersions: v.optional(count, 5),
  verify: v.exactOptional(verify),
});

type Fields = v.InferOutput<typeof fields>;

function sources(args: Fields): number {
  return [args.content, args.localFile, args.template, args.url].filter((source) => source !== undefined)
    .length;
}

const schema: Schema<Fields> = v.pipe(
  fields,
  v.check(
    (args) => sources(args) === (args.action === "delete" ? 0 : 1),
    "must have exactly one of content, localFile, template and url; with action delete none",
  ),
  v.check((args) => args.values === undefined || args.template !== undefined, "values belong to a template"),
  v.check(
    (args) => args.url === undefined || args.sha256 !== undefined,
    "url needs sha256, the SHA-256 of what is there, as sha256sum prints it: it locks the download",
  ),
  v.check(
    (args) => args.url !== undefined || args.sha256 === undefined && args.timeout === undefined,
    "sha256 and timeout belong to a url",
  ),
);

/** Arguments; `blob` stands in place of `localFile` once the engine has read it. */
type Args = Fields & {
  readonly blob?: { readonly sha256: string; readonly size: number; readonly path: string };
};

/** Options of {@linkcode remoteFile}: exactly one of `content`, `localFile`, `template` and `url`, unless it is deleted. */
export interface RemoteFileOptions extends ActionOptions {
  /** Written as it stands, to the byte; nothing in it is expanded. */
  readonly content?: string | { toString(): string };
  /** A file of the project, relative to the infra file. */
  readonly localFile?: string;
  /** A text of the project in which `{{name}}` stands for a value, and `{{{{` for two braces. */
  readonly template?: string;
  /** Values of the template: each must be used, and none may be missing. */
  readonly values?: Readonly<Record<string, string | number | boolean | { toString(): string }>>;
  /**
   * An http or https URL that the node fetches, by curl or wget, through `environment.proxy`; redirects are followed.
   * It has no user name, password or secret in it. Fetched only when the file is not what `sha256` says.
   */
  readonly url?: string | { toString(): string };
  /** SHA-256 of what is at `url`, which needs it: anything else that comes is refused. */
  readonly sha256?: string;
  /** Whole seconds that the download may take in all; 3600 unless told. */
  readonly timeout?: number;
  readonly owner?: string;
  readonly group?: string;
  /** As `0644`. */
  readonly mode?: string;
  /** `create` unless told. `delete` removes a file that Pallet wrote, or that nobody edited since. */
  readonly action?: "create" | "delete";
  /** Replaces, or deletes, the file even if somebody edited it on the node since Pallet wrote it. */
  readonly overwriteChanges?: boolean;
  /** Older versions that are kept on the node, under Pallet's own directory; 5 unless told. */
  readonly maxVersions?: number;
  /** Keeps no older version. */
  readonly noVersioning?: boolean;
  /**
   * A command that must succeed before the new content takes its place: `visudo -cf`. The path of the new
   * content is its last argument, or stands where the command says `"$file"`. Not run in check mode.
   */
  readonly verify?: string | Script;
}

/** A text that can stand in a script as it is: UTF-8, no NUL, nothing that looks like a deferred value. */
function asText(bytes: Uint8Array): string | undefined {
  try {
    const decoded = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
    return decoded.includes("\0") || hasDeferred(decoded) ? undefined : decoded;
  } catch {
    return undefined;
  }
}

async function prepare(args: Args, files: LocalFiles): Promise<Args> {
  const { localFile, template, values, ...rest } = args;
  if (localFile !== undefined) {
    const { bytes, sha256, size, path } = await files.open(localFile, LARGEST_INLINE);
    const content = bytes === undefined ? undefined : asText(bytes);
    return content === undefined ? { ...rest, blob: { sha256, size, path } } : { ...rest, content };
  }
  if (template === undefined) return args;
  const { bytes } = await files.open(template, LARGEST_TEMPLATE);
  const source = bytes === undefined ? undefined : asText(bytes);
  if (source === undefined) {
    throw new PalletError(`Cannot use template ${template}: it is no text of at most 16 MiB`, {
      kind: "infra",
    });
  }
  return { ...rest, content: renderTemplate(source, values ?? {}, template) };
}

function sha256(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}

function contentScript(args: Args, options: ScriptOptions): Script {
  const { content, url } = args;
  if (url !== undefined) {
    return withProxy(sh`pallet_content_at ${url} ${args.sha256 ?? ""} ${args.timeout ?? 3600}`, options);
  }
  if (content !== undefined) {
    return sh`pallet_content ${hasDeferred(content) ? "" : sha256(content)} ${content}`;
  }
  if (args.blob !== undefined) return sh`pallet_content_of ${args.blob.sha256}`;
  throw new PalletError(
    `Cannot compile remoteFile ${args.path}: ${args.localFile ?? args.template} was not read`,
    {
      kind: "internal",
    },
  );
}

/** How a {@linkcode remoteFile} action becomes bash. */
export const remoteFileAction: ActionDefinition<Args> = {
  kind: "remoteFile",
  schema,
  subject: (args) => args.path,
  describe: (args) => args.action === "delete" ? `${args.path} (delete)` : args.path,
  settles: ({ action, content, localFile, template, values, sha256, ...rest }) =>
    action === "delete" ? {} : {
      content: [content ?? null, localFile ?? null, template ?? null, values ?? null, sha256 ?? null],
      ...ownershipOf(rest),
    },
  provides: (args) => args.action === "delete" ? [] : [`path:${args.path}`, ...unitOf(args.path)],
  needs: (args) => args.action === "delete" ? [] : [...parentsOf(args.path), ...owners(args)],
  prepare,
  blobs: (args): readonly BlobReference[] => args.blob === undefined ? [] : [args.blob],
  script: (args, _facts, options) => {
    const versions = args.noVersioning ? 0 : args.maxVersions;
    return args.action === "delete"
      ? sh`pallet_remote_file_delete ${args.path} ${versions} ${args.overwriteChanges}`
      : sh`
        ${contentScript(args, options)}
        pallet_remote_file ${args.path} ${args.owner ?? ""} ${args.group ?? ""} ${
        args.mode ?? (secretsIn([args.content, args.values]).size > 0 ? "0600" : "")
      } ${versions} ${args.overwriteChanges} ${verifyCommand(args.verify)}`;
  },
  // A content that travels beside the script may be large: it is read when its turn comes.
  proof: ({ path, action, content, sha256: hash, owner = "", group = "", mode = "" }) => {
    const wanted = content === undefined ? hash : sha256(content);
    return action === "delete" || wanted === undefined ? undefined : {
      looks: { files: [path], ...owner + group + mode === "" ? {} : { paths: [path] } },
      bash: sh`pallet_is_remote_file ${path} ${owner} ${group} ${mode} ${wanted}`,
    };
  },
  plain: ({ verify }) => verify === undefined,
  library: [
    filesLibrary,
    downloadLibrary,
    remoteFileLibrary,
  ],
};

/** Bash that verifies `$file`. */
function verifyCommand(command: string | undefined): string {
  if (command === undefined) return "";
  return /\$\{?file\b/.test(command) ? command : `${command} "$file"`;
}

/** The service that a unit file or an init script makes. */
function unitOf(path: string): readonly `service:${string}`[] {
  const match = /\/systemd\/system\/([^/]+?)(?:\.service)?$|^\/etc\/init\.d\/([^/]+)$/.exec(path);
  const name = match?.[1] ?? match?.[2];
  return name === undefined ? [] : [`service:${name}`];
}

/**
 * A file on the node with this content, from a text, a file of the project, a template or a URL, put in place in one
 * step; or its removal. A file that somebody edited on the node since Pallet wrote it is not replaced. Owner, group and mode
 * are brought in line even if the content is, and left alone where they are not given; a file with secrets has mode 0600
 * unless told, and no older versions. A symbolic link stays: what it leads to
 * is replaced.
 *
 * @throws {PalletError} for a path that is not absolute, a wrong option, none or several contents.
 *
 * @example
 * ```ts
 * import { remoteFile } from "pallet";
 *
 * remoteFile("/etc/motd", { content: "Kept by Pallet: $HOME stays as it is.\\n", mode: "0644" });
 * remoteFile("/etc/sudoers.d/deploy", {
 *   content: "deploy ALL=(ALL) NOPASSWD: ALL\\n",
 *   mode: "0440",
 *   verify: "visudo -cf",
 * });
 * remoteFile("/etc/app.conf", { template: "templates/app.conf", values: { port: 8080 } });
 * remoteFile("/opt/app.tar.gz", {
 *   url: "https://downloads.example/app.tar.gz",
 *   sha256: "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
 * });
 * ```
 */
export function remoteFile(path: string, options: RemoteFileOptions): Action {
  return makeAction(remoteFileAction, { path, ...options });
}
