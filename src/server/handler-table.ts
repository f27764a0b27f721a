import { assert } from "../base/assert.ts";
import { apis, type Api, type ListenerScope } from "../protocol/apis.ts";
import { type VersionRange } from "../protocol/schema.ts";
import { type AnyHandler } from "./handler.ts";

/** An API that has a handler, and the versions of it that are served. */
export interface ServedApi {
  readonly api: Api;
  readonly versions: VersionRange;
  readonly handler: AnyHandler;
}

/** The handlers of a node: what is routed, and what ApiVersions tells, derive from it alone. */
export class HandlerTable {
  readonly #byKey: ServedApi[] = [];

  readonly #unstableVersions: boolean;

  /** @param unstableVersions serve versions that Kafka calls unstable, too (`unstable.api.versions.enable`) */
  constructor(handlers: readonly AnyHandler[], unstableVersions: boolean) {
    this.#unstableVersions = unstableVersions;
    this.add(handlers);
  }

  /** For a node whose handlers need the ports that were bound; done before requests are served. */
  add(handlers: readonly AnyHandler[]): void {
    for (const handler of handlers) {
      const api: Api = apis[handler.api] as Api;
      assert(this.#byKey[api.key] === undefined, `${api.name} has two handlers`);
      const { from, to } = api.request.versions;
      const versions = { from, to: api.request.latestVersionUnstable && !this.#unstableVersions ? to - 1 : to };
      if (versions.from <= versions.to) this.#byKey[api.key] = { api, versions, handler };
    }
  }

  find(apiKey: number, scope: ListenerScope): ServedApi | undefined {
    const served = this.#byKey[apiKey];
    return served?.api.scopes.includes(scope) ? served : undefined;
  }

  /** By key, ascending. */
  servedOn(scope: ListenerScope): ServedApi[] {
    // The array has holes where there is no handler; filter leaves them out.
    return this.#byKey.filter((served) => served.api.scopes.includes(scope));
  }
}
