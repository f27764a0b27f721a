import { compress, decompress } from "@mongodb-js/zstd";

/**
 * Apart, so that it can be loaded at its first use without importing a package then: in the server's bundle Node would
 * print a warning.
 */
export const zstdLibrary = { compress, decompress };
