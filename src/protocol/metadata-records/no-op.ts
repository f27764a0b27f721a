import { message, type Infer } from "../schema.ts";

export const noOpRecord = message("NoOpRecord", { versions: "0", flexible: "0+", key: 20 }, {});
export type NoOpRecord = Infer<typeof noOpRecord>;
