import { bool, message, string, type Infer } from "./schema.ts";

export const defaultPrincipalData = message(
  "DefaultPrincipalData",
  { versions: "0", flexible: "0+" },
  {
    type: string("0+"),
    name: string("0+"),
    tokenAuthenticated: bool("0+"),
  },
);
export type DefaultPrincipalData = Infer<typeof defaultPrincipalData>;
