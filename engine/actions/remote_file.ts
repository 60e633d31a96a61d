import { createHash } from "node:crypto";
import { PalletError } from "../errors.ts";
import { hasDeferred, secretsIn } from "../plan/deferred.ts";
import { isScript, type Script, sh } from "../script/sh.ts";
import { object, type Schema, v } from "../schema.ts";
import type { Action } from "./action.ts";
import { filesLibrary } from "./bash_files.ts";
import { type ActionOptions, makeAction } from "./define.ts";
import type { BlobReference, LocalFiles } from "./contents.ts";
import type { ActionDefinition } from "./definition.ts";
import { count, mode, ownership, ownershipOf, path, text } from "./fields.ts";
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
  ...ownership,
  mode: v.exactOptional(mode),
  overwriteChanges: v.optional(v.boolean(), false),
  noVersioning: v.optional(v.boolean(), false),
  maxVersions: v.optional(count, 5),
  verify: v.exactOptional(verify),
});

type Fields = v.InferOutput<typeof fields>;

function sources(args: Fields): number {
  return [args.content, args.localFile, args.template].filter((source) => source !== undefined).length;
}

const schema: Schema<Fields> = v.pipe(
  fields,
  v.check(
    (args) => sources(args) === (args.action === "delete" ? 0 : 1),
    "must have exactly one of content, localFile and template; with action delete none",
  ),
  v.check((args) => args.values === undefined || args.template !== undefined, "values belong to a template"),
);

/** Arguments; `blob` stands in place of `localFile` once the engine has read it. */
type Args = Fields & {
  readonly blob?: { readonly sha256: string; readonly size: number; readonly path: string };
};

/** Options of {@linkcode remoteFile}: exactly one of `content`, `localFile` and `template`, unless it is deleted. */
export interface RemoteFileOptions extends ActionOptions {
  /** Written as it stands, to the byte; nothing in it is expanded. */
  readonly content?: string | { toString(): string };
  /** A file of the project, relative to the infra file. */
  readonly localFile?: string;
  /** A text of the project in which `{{name}}` stands for a value, and `{{{{` for two braces. */
  readonly template?: string;
  /** Values of the template: each must be used, and none may be missing. */
  readonly values?: Readonly<Record<string, string | number | boolean | { toString(): string }>>;
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

function contentScript(args: Args): Script {
  const { content } = args;
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
  settles: ({ action, content, localFile, template, values, ...rest }) =>
    action === "delete" ? {} : {
      content: [content ?? null, localFile ?? null, template ?? null, values ?? null],
      ...ownershipOf(rest),
    },
  provides: (args) => args.action === "delete" ? [] : [`path:${args.path}`, ...unitOf(args.path)],
  needs: (args) => args.action === "delete" ? [] : [...parentsOf(args.path), ...owners(args)],
  prepare,
  blobs: (args): readonly BlobReference[] => args.blob === undefined ? [] : [args.blob],
  script: (args) => {
    const versions = args.noVersioning ? 0 : args.maxVersions;
    return args.action === "delete"
      ? sh`pallet_remote_file_delete ${args.path} ${versions} ${args.overwriteChanges}`
      : sh`
        ${contentScript(args)}
        pallet_remote_file ${args.path} ${args.owner ?? ""} ${args.group ?? ""} ${
        args.mode ?? (secretsIn([args.content, args.values]).size > 0 ? "0600" : "")
      } ${versions} ${args.overwriteChanges} ${verifyCommand(args.verify)}`;
  },
  // A content that travels beside the script may be large: it is read when its turn comes.
  proof: ({ path, action, content, owner = "", group = "", mode = "" }) =>
    action === "delete" || content === undefined ? undefined : {
      looks: { files: [path], ...owner + group + mode === "" ? {} : { paths: [path] } },
      bash: sh`pallet_is_remote_file ${path} ${owner} ${group} ${mode} ${sha256(content)}`,
    },
  plain: ({ verify }) => verify === undefined,
  library: [
    filesLibrary,
    sh`
pallet_is_remote_file() { # PATH OWNER GROUP MODE SHA256: what Pallet wrote, and nothing else
  local wrote=
  [[ -f $1 && ! -L $1 ]] || return 1
  pallet_look files
  [[ \${pallet_sums[$1]-} == "$5" ]] || return 1
  { read -r wrote <"$pallet_state/files\${1//\/@/\/@@}/@sha256"; } 2>/dev/null
  [[ $wrote == "$5" ]] && pallet_has_attributes "$@"
}

pallet_content() { # SHA256 TEXT; sets pallet_content: the file with the new content, and pallet_new
  pallet_content=$pallet_report.content pallet_new=$1
  printf %s "$2" >"$pallet_content"
  [[ -n $1 ]] || pallet_hashes "$pallet_content" "$pallet_content" # a value in it came late
}

pallet_content_of() { # SHA256
  pallet_content=$(pallet_blob "$1") pallet_new=$1
}

pallet_remote_file() { # PATH OWNER GROUP MODE VERSIONS OVERWRITE VERIFY
  local path owner=$2 group=$3 mode=$4 versions=$5 overwrite=$6 verify=$7 edited=
  pallet_follow "$1"
  path=$pallet_path
  if [[ ! -e $path ]]; then
    pallet_diff /dev/null "$pallet_content" "$path"
    if pallet_change "create $path"; then
      pallet_remote_file_write ''
    fi
    return 0
  fi
  [[ -f $path ]] || pallet_fail "Cannot write file $path: something else is there"
  pallet_hash "$path"
  if pallet_edited "$path" "$pallet_old"; then
    edited=yes
  fi
  if [[ $pallet_old == "$pallet_new" ]]; then
    if ((!pallet_check)) && [[ -n $edited || ! -e $pallet_place/@sha256 ]]; then
      pallet_remember "$path" "$pallet_new"
    fi
    pallet_attributes "$path" "$owner" "$group" "$mode"
    return 0
  fi
  pallet_diff "$path" "$pallet_content" "$path"
  if [[ -n $edited && $overwrite != true ]]; then
    pallet_fail "Cannot replace $path: it was edited on this node since Pallet wrote it, and overwriteChanges is not set"
  fi
  if pallet_change "replace $path\${edited:+, which was changed by hand}"; then
    pallet_remote_file_write "$pallet_old"
  else
    pallet_attributes "$path" "$owner" "$group" "$mode"
  fi
}

pallet_remote_file_write() { # OLD-SHA256; a function of the one above, with its variables
  if [[ -n $1 ]]; then
    pallet_keep "$path" "$versions"
    # Until it is in place both may be found: a run that dies here leaves nothing that looks like an edit.
    pallet_remember "$path" "$1" "$pallet_new"
  fi
  pallet_install "$pallet_content" "$path" "$owner" "$group" "$mode" "$verify"
  pallet_remember "$path" "$pallet_new"
}

pallet_remote_file_delete() { # PATH VERSIONS OVERWRITE
  if [[ -L $1 ]]; then
    if pallet_change "delete symbolic link $1"; then
      rm -f -- "$1"
    fi
  elif [[ -e $1 ]]; then
    [[ -f $1 ]] || pallet_fail "Cannot delete file $1: it is not a file"
    pallet_hash "$1"
    if [[ $3 != true ]] && pallet_edited "$1" "$pallet_old"; then
      pallet_fail "Cannot delete $1: it was edited on this node since Pallet wrote it, and overwriteChanges is not set"
    fi
    if pallet_change "delete $1"; then
      pallet_keep "$1" "$2"
      rm -f -- "$1"
      pallet_forget "$1"
    fi
  fi
}
`.text,
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
 * A file on the node with this content, from a text, a file of the project or a template, put in place in one step;
 * or its removal. A file that somebody edited on the node since Pallet wrote it is not replaced. Owner, group and mode
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
 * ```
 */
export function remoteFile(path: string, options: RemoteFileOptions): Action {
  return makeAction(remoteFileAction, { path, ...options });
}
