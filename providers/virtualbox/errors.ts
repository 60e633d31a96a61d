// What VBoxManage says when something is wrong, and what that means.
import { PalletError } from "../../engine/errors.ts";

/** A command of VBoxManage that failed, with its own words. */
export class VBoxManageError extends PalletError {
  /** `VBOX_E_OBJECT_NOT_FOUND`; absent where it told none. */
  readonly code: string | undefined;

  constructor(args: readonly string[], said: string, status: number | undefined) {
    const { text, code } = explained(said);
    const ending = status === undefined ? "" : `status ${status}`;
    const help = helpFor(said, status);
    super(`${commandText(args)} failed: ${text === "" ? ending || "it said nothing" : text}`, {
      kind: "provider",
      ...(help === undefined ? {} : { help }),
    });
    this.code = code;
  }
}

/** A command as people would type it. */
export function commandText(args: readonly string[]): string {
  const words = args.map((word) =>
    /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`
  );
  const text = ["VBoxManage", ...words].join(" ");
  return text.length > 300 ? `${text.slice(0, 297)}...` : text;
}

/** The error lines of what VBoxManage wrote to its standard error. */
export function errorLines(said: string): readonly string[] {
  return said.split("\n").flatMap((line) => {
    const found = /^VBoxManage(?:\.exe)?: error: (.*)$/.exec(line.trimEnd());
    return found === null ? [] : [found[1] ?? ""];
  });
}

/** What went wrong, without the lines that name places in VirtualBox's source; and its result code. */
function explained(said: string): { readonly text: string; readonly code: string | undefined } {
  const lines = errorLines(said);
  const code = lines.map((line) => /^Details: code (\w+)/.exec(line)?.[1]).find((one) => one !== undefined);
  const own = lines.filter((line) => !/^(?:Details|Context): /.test(line) && line.trim() !== "");
  const text = own.length > 0 ? own.join(" ") : said.trim().split("\n").at(-1)?.trim() ?? "";
  return { text: code === undefined || text.includes(code) ? text : `${text} (${code})`, code };
}

const HELP: readonly (readonly [RegExp, string])[] = [
  [
    /already locked (?:by|for) a session|is locked/i,
    "Another program, VirtualBox's window perhaps, holds the machine: close it there, and try again.",
  ],
  [
    /vboxdrv|NS_ERROR_FAILURE.*driver|VERR_VM_DRIVER_NOT_INSTALLED|kernel driver/i,
    "Its kernel driver is not loaded: sudo /sbin/vboxconfig (Linux), or allow its system extension (macOS), then try again.",
  ],
  [
    /vboxnetctl|VBoxNetAdpCtl/i,
    "Its network driver is not loaded: sudo modprobe vboxnetadp (Linux), or allow its system extension (macOS).",
  ],
  [
    /VERR_VMX_NO_VMX|VERR_SVM_NO_SVM|VT-x is not available|AMD-V is (?:not available|disabled)|VERR_VMX_IN_VMX_ROOT_MODE|VERR_SVM_IN_USE/i,
    "Turn on virtualization in the firmware of this machine; where another hypervisor (KVM, Hyper-V) uses it, stop that.",
  ],
  [/VERR_DISK_FULL|No space left/i, "Free some space on the disk of the nodes' folder."],
];

function helpFor(said: string, status: number | undefined): string | undefined {
  if (status === 126) {
    return "VBoxManage may not be run: check its rights, and that VirtualBox's kernel driver is loaded (sudo /sbin/vboxconfig).";
  }
  return HELP.find(([sign]) => sign.test(said))?.[1];
}

/** Failures that pass by themselves: the machine is being let go of, or the service is starting or ending. */
const TRANSIENT =
  /already locked (?:by|for) a session|being (?:locked or )?unlocked|The object is not ready|Failed to create the VirtualBox object|NS_ERROR_SOCKET_FAIL|NS_ERROR_CALL_FAILED|CO_E_SERVER_EXEC_FAILURE|RPC_E_|RPC_S_|is currently being (?:locked|unlocked)|Failed to get device handle and\/or partition ID/i;

/** Whether it is worth to try again. */
export function isTransient(said: string): boolean {
  return TRANSIENT.test(said);
}
