import { apis, type Api, type ApiName, type ApiRequest, type ApiResponse } from "../../../src/protocol/apis.ts";
import { codecOf } from "../../../src/protocol/codec.ts";
import { Reader } from "../../../src/protocol/reader.ts";
import { type Draft } from "../../../src/protocol/schema.ts";
import { Writer } from "../../../src/protocol/writer.ts";
import { type AnyHandler, type Handler } from "../../../src/server/handler.ts";
import { testContext } from "../server/test-context.ts";

/**
 * Has the API's handler answer a request, both of them in bytes on the way.
 *
 * @param settle lets happen what the answer waits for
 */
export async function handled<N extends ApiName>(
  handlers: readonly AnyHandler[],
  name: N,
  version: number,
  request: Draft<ApiRequest<N>>,
  settle: (answering: Promise<unknown>) => Promise<void>,
): Promise<ApiResponse<N>> {
  const api = apis[name] as unknown as Api<ApiRequest<N>, ApiResponse<N>>;
  const handler = handlers.find((each) => each.api === name) as unknown as Handler<N>;
  const context = testContext({ apiKey: api.key, apiVersion: version, clientId: "script" });
  const answer = handler.handle(roundTrip(api.request, version, request), context);
  await settle(Promise.resolve(answer));
  return roundTrip(api.response, version, (await answer) as Draft<ApiResponse<N>>);
}

function roundTrip<T>(message: Api<T, unknown>["request"], version: number, value: Draft<T>): T {
  const writer = new Writer();
  codecOf(message, version).encode(writer, value);
  return codecOf(message, version).decode(new Reader(writer.toBuffer()));
}
