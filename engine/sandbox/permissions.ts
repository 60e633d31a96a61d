/** Gives up every permission there is. */
export function revokePermissions(): void {
  const names = ["read", "write", "net", "env", "run", "ffi", "sys", "import"] as const;
  for (const name of names) Deno.permissions.revokeSync({ name } as Deno.PermissionDescriptor);
}
