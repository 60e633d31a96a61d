// Failures as VBoxManage tells them.

/** A command that failed. */
export class Failure extends Error {
  constructor(
    message: string,
    /** `VBOX_E_OBJECT_NOT_FOUND` */
    readonly code?: string,
    /** Words that stand in the line `Context:`. */
    readonly context: string = "",
    readonly status: number = 1,
  ) {
    super(message);
  }

  /** What goes to standard error. */
  get text(): string {
    const lines = [`VBoxManage: error: ${this.message}`];
    if (this.code !== undefined) {
      lines.push(
        `VBoxManage: error: Details: code ${this.code} (${CODES[this.code] ?? "0x80004005"}), component ${
          this.code === "VBOX_E_OBJECT_NOT_FOUND" ? "VirtualBoxWrap" : "MachineWrap"
        }, interface IMachine, callee nsISupports`,
        `VBoxManage: error: Context: "${this.context}" at line 520 of file VBoxManageMisc.cpp`,
      );
    }
    return `${lines.join("\n")}\n`;
  }
}

const CODES: Readonly<Record<string, string>> = {
  VBOX_E_OBJECT_NOT_FOUND: "0x80bb0001",
  VBOX_E_INVALID_VM_STATE: "0x80bb0002",
  VBOX_E_VM_ERROR: "0x80bb0003",
  VBOX_E_FILE_ERROR: "0x80bb0004",
  VBOX_E_INVALID_OBJECT_STATE: "0x80bb0007",
  VBOX_E_OBJECT_IN_USE: "0x80bb000c",
  E_ACCESSDENIED: "0x80070005",
  E_INVALIDARG: "0x80070057",
  E_FAIL: "0x80004005",
};

/** A command line that cannot be. */
export function usage(message: string): Failure {
  return new Failure(message, undefined, "", 2);
}

/** The failure of a command about a machine that another has. */
export function lockedFailure(name: string, context: string): Failure {
  return new Failure(
    `The machine '${name}' is already locked by a session (or being locked or unlocked)`,
    "VBOX_E_INVALID_OBJECT_STATE",
    context,
  );
}
