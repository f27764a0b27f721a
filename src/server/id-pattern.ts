/** A test for the whole of a text, or undefined when the pattern is none. Until there is RE2, in JavaScript's syntax. */
export function compilePattern(pattern: string): ((text: string) => boolean) | undefined {
  try {
    const whole = new RegExp(`^(?:${pattern})$`, "su");
    return (text) => whole.test(text);
  } catch {
    return undefined;
  }
}
