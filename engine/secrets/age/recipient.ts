/** Whether a text of the configuration is a recipient itself, and not the path of a file with some. */
export function isRecipient(text: string): boolean {
  return /^(?:age1|ssh-|ecdsa-|sk-)/.test(text);
}
