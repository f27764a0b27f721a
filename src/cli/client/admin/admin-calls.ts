import { type ApiName, type ApiRequest, type ApiResponse } from "../../../protocol/apis.ts";
import { type Draft } from "../../../protocol/schema.ts";
import { type Cluster } from "../cluster.ts";
import { KafkaError, TimeoutError } from "../kafka-error.ts";

/** What an administrative operation asks a cluster, tried again within the time of an API call while it may come right. */
export class AdminCalls {
  readonly cluster: Cluster;
  readonly timeoutMs: number;

  constructor(cluster: Cluster, timeoutMs: number) {
    this.cluster = cluster;
    this.timeoutMs = timeoutMs;
  }

  /** @param call the operation, as a timeout names it */
  retry<T>(call: string, attempt: () => Promise<T>): Promise<T> {
    return this.cluster.retry(`Timed out waiting for a node assignment. Call: ${call}`, this.timeoutMs, attempt);
  }

  /** Asks whichever broker answers. */
  ask<N extends ApiName>(call: string, api: N, request: Draft<ApiRequest<N>>): Promise<ApiResponse<N>> {
    return this.retry(call, () => this.cluster.sendToAny(api, request));
  }

  /** Asks one broker. */
  askBroker<N extends ApiName>(
    brokerId: number,
    call: string,
    api: N,
    request: Draft<ApiRequest<N>>,
  ): Promise<ApiResponse<N>> {
    return this.retry(call, async () => (await this.cluster.reach(brokerId)).send(api, request));
  }

  /**
   * As `retry`, for a partition that may not be there, or not be led, for the whole time.
   * @param call the operation, as it is called at the time
   * @param isMissing whether an error that is left at the end means that
   * @throws TimeoutError in its place
   */
  async retryUntilThere<T>(
    name: string,
    call: () => string,
    isMissing: (error: KafkaError) => boolean,
    attempt: () => Promise<T>,
  ): Promise<T> {
    const { clock } = this.cluster.ports;
    const deadlineMs = clock.wallMs() + this.timeoutMs;
    let tries = 0;
    try {
      return await this.retry(name, () => {
        tries++;
        return attempt();
      });
    } catch (error) {
      if (!(error instanceof KafkaError) || !isMissing(error)) throw error;
      const nowMs = clock.wallMs();
      throw new TimeoutError(
        `Call(callName=${call()}, deadlineMs=${deadlineMs}, tries=${tries}, nextAllowedTryMs=${nowMs}) timed out at ${nowMs} after ${tries} attempt(s)`,
      );
    }
  }
}
