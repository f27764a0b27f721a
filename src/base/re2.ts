import { RE2JS, RE2JSSyntaxException } from "re2js";

/** Whether a text, all of it, matches. */
export type Re2Pattern = (text: string) => boolean;

/** What is wrong with a regular expression in the syntax of RE2; undefined when nothing is. */
export function re2Problem(regex: string): string | undefined {
  const compiled = compile(regex);
  return typeof compiled === "string" ? compiled : undefined;
}

/** Matches in time that grows with the text alone, whatever the expression; undefined when it is none. */
export function re2Pattern(regex: string): Re2Pattern | undefined {
  const compiled = compile(regex);
  return typeof compiled === "string" ? undefined : (text) => compiled.matches(text);
}

function compile(regex: string): RE2JS | string {
  try {
    return RE2JS.compile(regex);
  } catch (error) {
    if (error instanceof RE2JSSyntaxException) return error.getDescription();
    throw error;
  }
}
