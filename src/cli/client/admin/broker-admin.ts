import { type ApiResponse } from "../../../protocol/apis.ts";
import { Errors } from "../../../protocol/errors.ts";
import { throwIfError } from "../kafka-error.ts";
import { type AdminCalls } from "./admin-calls.ts";

const brokerEndpoints = 1;
const controllerEndpoints = 2;

/** What an administrator can ask about the nodes of a cluster. */
export class BrokerAdmin {
  readonly #calls: AdminCalls;
  readonly #endpointType: number;

  /** @param ofControllers whether controllers are asked, which tell of controllers */
  constructor(calls: AdminCalls, ofControllers: boolean) {
    this.#calls = calls;
    this.#endpointType = ofControllers ? controllerEndpoints : brokerEndpoints;
  }

  /** The ids of those that live. */
  async live(): Promise<Set<number>> {
    const { errorCode, errorMessage, brokers } = await this.#calls.ask("listNodes", "describeCluster", {
      endpointType: this.#endpointType,
    });
    throwIfError(errorCode, errorMessage);
    return new Set(brokers.map(({ brokerId }) => brokerId));
  }

  /** The log directories of one broker. */
  async describeLogDirs(brokerId: number): Promise<ApiResponse<"describeLogDirs">["results"]> {
    const { errorCode, results } = await this.#calls.askBroker(brokerId, "describeLogDirs", "describeLogDirs", {
      topics: null,
    });
    if (results.length === 0) throwIfError(errorCode === Errors.NONE ? Errors.CLUSTER_AUTHORIZATION_FAILED : errorCode);
    return results;
  }
}
