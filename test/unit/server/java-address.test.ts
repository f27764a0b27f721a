import { expect, test } from "vitest";
import { javaAddressText } from "../../../src/server/java-address.ts";
import { randomUuidText } from "../../../src/server/random-uuid-text.ts";

// As Java's InetAddress prints an address that was never looked up by name.
test.each([
  ["127.0.0.1", "/127.0.0.1"],
  ["::ffff:10.1.2.3", "/10.1.2.3"],
  ["::1", "/0:0:0:0:0:0:0:1"],
  ["::", "/0:0:0:0:0:0:0:0"],
  ["2001:db8::00ff:1", "/2001:db8:0:0:0:0:ff:1"],
  ["fe80::1%eth0", "/fe80:0:0:0:0:0:0:1%eth0"],
  ["1:2:3:4:5:6:7:8", "/1:2:3:4:5:6:7:8"],
])("%s is %s", (host, text) => {
  expect(javaAddressText(host)).toBe(text);
});

test("a random uuid has version, variant and hyphens", () => {
  const random = { float: () => 0, bytes: (length: number) => Buffer.alloc(length, 0xff) };
  expect(randomUuidText(random)).toBe("ffffffff-ffff-4fff-bfff-ffffffffffff");
});
