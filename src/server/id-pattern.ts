/**
 * A test for the whole of a text by a pattern in RE2's syntax, as Kafka's; undefined when the pattern is none. The library is
 * loaded when it is first needed.
 */
export async function compilePattern(pattern: string): Promise<((text: string) => boolean) | undefined> {
  const { RE2JS, RE2JSSyntaxException } = await import("re2js");
  try {
    const compiled = RE2JS.compile(pattern);
    return (text) => compiled.matches(text);
  } catch (error) {
    if (error instanceof RE2JSSyntaxException) return undefined;
    throw error;
  }
}
