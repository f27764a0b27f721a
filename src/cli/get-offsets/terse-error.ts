import { ClientError } from "../client/kafka-error.ts";

/** A wish that cannot be: its message is all that is printed. */
export class TerseError extends ClientError {
  constructor(message: string) {
    super("org.apache.kafka.tools.TerseException", message);
  }
}
