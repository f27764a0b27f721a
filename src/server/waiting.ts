/** Who has stopped, and is told when that may be different. An object and no function: each would have one of its own. */
export interface Waiting {
  goOn(): void;
}
