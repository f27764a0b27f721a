export interface ServerOptions {
  readonly propertiesFile: string;
  /** Each "name=value"; they win over the file and the environment. */
  readonly overrides: readonly string[];
  /** Formats empty directories with a new cluster id instead of refusing to start on them. */
  readonly autoFormat: boolean;
}
