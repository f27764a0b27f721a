import { ClientError } from "../client/kafka-error.ts";

/** What the Java tool throws when the system refuses to open or read a file. */
export function fileError(error: unknown, path: string): ClientError {
  const { code, message } = error as NodeJS.ErrnoException;
  switch (code) {
    case "ENOENT":
      return new ClientError("java.nio.file.NoSuchFileException", path);
    case "EACCES":
    case "EPERM":
      return new ClientError("java.nio.file.AccessDeniedException", path);
    case "EISDIR":
      return new ClientError("java.io.IOException", "Is a directory");
    default:
      return new ClientError("java.io.IOException", message);
  }
}
