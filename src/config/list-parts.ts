/** The parts of what is appended to a list, or subtracted: as Java splits it, empty parts at the end count for nothing. */
export function listParts(text: string): string[] {
  const parts = text.split(",");
  if (text !== "") while (parts.at(-1) === "") parts.pop();
  return parts;
}
