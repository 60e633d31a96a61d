// What a new instance gets to read when it starts for the first time.

/** cloud-init's own words for a key of the first user. */
export function keyUserData(publicKey: string): string {
  return `#cloud-config\nssh_authorized_keys:\n  - ${JSON.stringify(publicKey.trim())}\n`;
}

/** A text as RunInstances takes it. */
export function base64(text: string): string {
  return btoa(Array.from(new TextEncoder().encode(text), (byte) => String.fromCharCode(byte)).join(""));
}

/** Most bytes of user data that EC2 takes. */
export const mostUserData = 16_384;
