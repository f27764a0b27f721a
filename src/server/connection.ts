import { addressText } from "../base/address-text.ts";
import { type BufferPool } from "../base/buffer-pool.ts";
import { type Clock, type Logger, type NetSocket } from "../io/ports.ts";
import { PendingAnswer, type Answer } from "./answer.ts";
import { FrameAssembler, FrameError } from "./frame-assembler.ts";
import { closeConnection, type ConnectionInfo } from "./handler.ts";
import { type RequestMemory } from "./request-memory.ts";
import { RequestError, type Router } from "./router.ts";

export interface ConnectionLimits {
  /** `socket.request.max.bytes` */
  readonly requestBytesMax: number;
  /** Requests that were started and are not answered; beyond it no other is started. */
  readonly inFlightRequestsMax: number;
  /** The same in bytes; one request of any size is always started. */
  readonly inFlightBytesMax: number;
  /** Response bytes that the client has not read; beyond it no request is started. */
  readonly queuedResponseBytesMax: number;
}

export interface ConnectionDeps {
  readonly router: Router;
  readonly memory: RequestMemory;
  readonly limits: ConnectionLimits;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Where fetched records were read into, and large requests are received. */
  readonly bufferPool: BufferPool;
  /** So much waits to be written that no client should send faster than it is answered. */
  readonly isDiskBehind: () => boolean;
  /** The connection is gone, whatever the reason. */
  readonly onClosed: (connection: Connection) => void;
}

/**
 * One client's connection: cuts requests out of its bytes, starts them in order, and sends the answers in the same order.
 *
 *     socket → FrameAssembler → reserve memory → Router ─ answered at once ─────→ out → one vectored write
 *                                                      └─ answered later → line ─↗
 *
 * No request is started while too much is in flight, the client does not read its answers, or memory is short, and none
 * beside another while the disk is behind; and nothing is read while bytes wait to be started. So what one connection can
 * hold is bounded, whatever the client does.
 */
export class Connection {
  readonly info: ConnectionInfo;
  /** When bytes last moved, either way; monotonic. */
  lastActiveMs: number;
  readonly #socket: NetSocket;
  readonly #deps: ConnectionDeps;
  readonly #frames: FrameAssembler;
  /** The line of requests that were started and are not answered. */
  #first: PendingAnswer | undefined;
  #last: PendingAnswer | undefined;
  #inFlight = 0;
  #inFlightBytes = 0;
  #isHeld = false;
  /** Bytes of answers in the line, behind one that is not there yet. */
  #lineBytes = 0;
  #out: Buffer[] = [];
  #outBytes = 0;
  /** Handed to the socket, which has not sent all of it yet. */
  readonly #leaving: Buffer[][] = [];
  /** Reserved for the frame that is being received. */
  #reservedBytes = 0;
  #isWaitingForMemory = false;
  #isPaused = false;
  #isSettling = false;
  #isEnding = false;
  #isClosed = false;

  constructor(socket: NetSocket, info: ConnectionInfo, deps: ConnectionDeps) {
    this.info = info;
    this.#socket = socket;
    this.#deps = deps;
    this.#frames = new FrameAssembler(deps.limits.requestBytesMax, deps.bufferPool);
    this.lastActiveMs = deps.clock.monotonicMs();
    socket.onData = this.#receive;
    socket.receiveInto = () => this.#frames.target();
    socket.onDrain = this.#drained;
    socket.onClose = this.#closed;
  }

  /** Starts no further request; closes when those in flight are answered. */
  end(): void {
    this.#isEnding = true;
    this.#pump();
  }

  /** Closes at once. */
  destroy(): void {
    this.#socket.destroy();
  }

  readonly #drained = (): void => {
    this.#haveLeft();
    this.#pump();
  };

  /** The socket has sent everything: nobody reads the answers' bytes any more. */
  #haveLeft(): void {
    for (const slices of this.#leaving) this.#deps.bufferPool.giveBackAll(slices);
    this.#leaving.length = 0;
  }

  readonly #receive = (chunk: Buffer): void => {
    this.#frames.push(chunk);
    this.#pump();
    this.#frames.detach();
  };

  /** Goes on with whatever can go on: called when bytes came, answers are there, the client has read, memory is free. */
  readonly #pump = (): void => {
    if (this.#isClosed) return;
    this.lastActiveMs = this.#deps.clock.monotonicMs();
    // When the system takes all answers at once, there is room for the next requests.
    do {
      this.#startRequests();
      this.#flush();
    } while (this.#frames.hasBytes() && !this.#isWaitingForMemory && this.#mayStart());
    if (this.#isEnding && this.#first === undefined) return this.#socket.end();
    this.#readOrPause();
  };

  #mayStart(): boolean {
    const { limits } = this.#deps;
    return (
      !this.#isEnding &&
      !this.#isClosed &&
      !this.#isHeld &&
      this.#inFlight < limits.inFlightRequestsMax &&
      this.#inFlightBytes < limits.inFlightBytesMax &&
      (this.#inFlight === 0 || !this.#deps.isDiskBehind()) &&
      this.#lineBytes + this.#outBytes + this.#socket.queuedBytes() < limits.queuedResponseBytesMax
    );
  }

  #startRequests(): void {
    this.#isWaitingForMemory = false;
    try {
      while (this.#frames.hasBytes() && this.#mayStart()) {
        const frame = this.#frames.next(this.#admit);
        if (frame === undefined) return;
        this.#reservedBytes = 0;
        this.#start(frame);
        this.#frames.done();
      }
    } catch (error) {
      if (!(error instanceof FrameError || error instanceof RequestError)) throw error;
      // What was started before is still answered, as it is by Kafka, which starts one request at a time.
      this.#deps.logger.warn({ peer: peerText(this.info), reason: error.message }, "Closing connection: bad request");
      this.#isEnding = true;
    }
  }

  readonly #admit = (sizeBytes: number): boolean => {
    const { memory } = this.#deps;
    this.#isWaitingForMemory = !memory.tryReserve(sizeBytes);
    if (this.#isWaitingForMemory) memory.whenReleased(this.#pump);
    else this.#reservedBytes = sizeBytes;
    return !this.#isWaitingForMemory;
  };

  #start(frame: Buffer): void {
    let answer: Answer | PendingAnswer;
    try {
      answer = this.#deps.router.route(frame, this.info);
    } catch (error) {
      this.#deps.memory.release(frame.length);
      throw error;
    }
    if (answer instanceof PendingAnswer) {
      answer.onSettled = this.#settled;
      this.#queue(answer, frame.length);
      this.#isHeld = answer.holdsConnection;
    } else if (this.#first === undefined) {
      this.#answer(answer, frame.length);
    } else {
      const answered = new PendingAnswer(false);
      answered.answer = answer;
      this.#lineBytes += answerBytes(answer);
      this.#queue(answered, frame.length);
    }
  }

  #queue(pending: PendingAnswer, requestBytes: number): void {
    pending.requestBytes = requestBytes;
    if (this.#last === undefined) this.#first = pending;
    else this.#last.next = pending;
    this.#last = pending;
    this.#inFlight += 1;
    this.#inFlightBytes += requestBytes;
  }

  readonly #settled = (pending: PendingAnswer): void => {
    this.#lineBytes += answerBytes(pending.answer);
    // Several answers often come in one burst of microtasks; they leave together.
    if (pending !== this.#first || this.#isSettling) return;
    this.#isSettling = true;
    queueMicrotask(this.#settle);
  };

  readonly #settle = (): void => {
    this.#isSettling = false;
    if (this.#isClosed) return;
    for (let first = this.#first; first?.answer !== undefined; first = this.#first) {
      this.#first = first.next;
      if (this.#first === undefined) this.#last = undefined;
      this.#inFlight -= 1;
      this.#inFlightBytes -= first.requestBytes;
      this.#lineBytes -= answerBytes(first.answer);
      if (first.holdsConnection) this.#isHeld = false;
      this.#answer(first.answer, first.requestBytes);
    }
    this.#pump();
  };

  #answer(answer: Answer, requestBytes: number): void {
    this.#deps.memory.release(requestBytes);
    if (answer === closeConnection) {
      this.#isEnding = true;
      this.#abandonLine();
    } else if (answer !== null) {
      for (const slice of answer) this.#out.push(slice);
      this.#outBytes += answerBytes(answer);
    }
  }

  /** Forgets the requests that will not be answered. Those still at work give their memory back when they are done. */
  #abandonLine(): void {
    for (let pending = this.#first; pending !== undefined; pending = pending.next) {
      const { requestBytes } = pending;
      if (pending.answer === undefined) pending.onSettled = () => this.#forget(pending.answer, requestBytes);
      else this.#forget(pending.answer, requestBytes);
    }
    this.#first = undefined;
    this.#last = undefined;
  }

  #forget(answer: Answer | undefined, requestBytes: number): void {
    this.#deps.memory.release(requestBytes);
    if (answer !== undefined && answer !== null && answer !== closeConnection) {
      this.#deps.bufferPool.giveBackAll(answer);
    }
  }

  #flush(): void {
    if (this.#out.length === 0 || this.#isClosed) return;
    const out = joined(this.#out);
    this.#out = [];
    this.#outBytes = 0;
    this.#leaving.push(out);
    if (this.#socket.write(out)) this.#haveLeft();
  }

  #readOrPause(): void {
    const isDue = this.#frames.hasBytes() || this.#isWaitingForMemory;
    if (isDue === this.#isPaused) return;
    this.#isPaused = isDue;
    if (isDue) this.#socket.pause();
    else this.#socket.resume();
  }

  readonly #closed = (error?: Error): void => {
    if (this.#isClosed) return;
    this.#isClosed = true;
    const { memory, logger, onClosed } = this.#deps;
    memory.forget(this.#pump);
    memory.release(this.#reservedBytes);
    this.#abandonLine();
    this.#haveLeft();
    this.#deps.bufferPool.giveBackAll(this.#out);
    this.#out = [];
    logger.debug({ peer: peerText(this.info), error: error?.message }, "Connection closed");
    onClosed(this);
  };
}

function answerBytes(answer: Answer | undefined): number {
  if (answer === undefined || answer === null || answer === closeConnection) return 0;
  let sizeBytes = 0;
  for (const slice of answer) sizeBytes += slice.length;
  return sizeBytes;
}

/**
 * The same bytes in as few slices as they lie in: answers to small requests are written one behind the other into the same
 * memory, and each slice costs a write to the stream.
 */
export function joined(slices: readonly Buffer[]): Buffer[] {
  const pieces: Buffer[] = [];
  for (let index = 0; index < slices.length;) {
    const first = slices[index++]!;
    const { buffer, byteOffset } = first;
    let end = byteOffset + first.length;
    for (let next = slices[index]; next !== undefined; next = slices[++index]) {
      if (next.byteOffset !== end || next.buffer !== buffer) break;
      end += next.length;
    }
    pieces.push(end - byteOffset === first.length ? first : Buffer.from(buffer, byteOffset, end - byteOffset));
  }
  return pieces;
}

export function peerText({ peer }: ConnectionInfo): string {
  return addressText(peer.host, peer.port);
}
