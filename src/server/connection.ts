import { addressText } from "../base/address-text.ts";
import { type BufferPool } from "../base/buffer-pool.ts";
import { type Clock, type Logger, type NetSocket, type SocketUser } from "../io/ports.ts";
import { answerBytes, joined, PendingAnswer, type Answer, type AnswerOwner } from "./answer.ts";
import { type Burst } from "./burst.ts";
import { FrameAssembler, FrameError } from "./frame-assembler.ts";
import { closeConnection, type ConnectionInfo } from "./handler.ts";
import { type RequestMemory } from "./request-memory.ts";
import { RequestError, type Router } from "./router.ts";
import { type Waiting } from "./waiting.ts";

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
  /** Connections that have answers to send. */
  readonly answered: Burst;
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
 *
 * Most connections are idle and should cost little: whatever one waits for calls the connection itself, and no function that
 * each would have of its own; and it has an array only while it has something to put into it.
 */
export class Connection implements SocketUser, AnswerOwner, Waiting {
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
  #out: Buffer[] | undefined;
  #outBytes = 0;
  /** Handed to the socket, which has not sent all of it yet. */
  #leaving: Buffer[][] | undefined;
  /** Reserved for the frame that is being received. */
  #reservedBytes = 0;
  #isWaitingForMemory = false;
  #isPaused = false;
  /** Has answers to send, and will be told to go on. */
  #isAnswered = false;
  #isEnding = false;
  #isClosed = false;

  constructor(socket: NetSocket, info: ConnectionInfo, deps: ConnectionDeps) {
    this.info = info;
    this.#socket = socket;
    this.#deps = deps;
    this.#frames = new FrameAssembler(deps.limits.requestBytesMax, deps.bufferPool);
    this.lastActiveMs = deps.clock.monotonicMs();
    socket.user = this;
  }

  /** Starts no further request; closes when those in flight are answered. */
  end(): void {
    this.#isEnding = true;
    this.goOn();
  }

  /** Closes at once. */
  destroy(): void {
    this.#socket.destroy();
  }

  received(chunk: Buffer): void {
    this.#frames.push(chunk);
    this.goOn();
    this.#frames.detach();
  }

  receiveInto(): Buffer | undefined {
    return this.#frames.target();
  }

  drained(): void {
    this.#haveLeft();
    this.goOn();
  }

  /** The socket has sent everything: nobody reads the answers' bytes any more. */
  #haveLeft(): void {
    if (this.#leaving === undefined) return;
    for (const slices of this.#leaving) this.#deps.bufferPool.giveBackAll(slices);
    this.#leaving = undefined;
  }

  /** Goes on with whatever can go on: called when bytes came, answers are there, the client has read, memory is free. */
  goOn(): void {
    if (this.#isClosed) return;
    this.lastActiveMs = this.#deps.clock.monotonicMs();
    this.#answerSettled();
    // When the system takes all answers at once, there is room for the next requests.
    do {
      this.#startRequests();
      this.#flush();
    } while (this.#frames.hasBytes() && !this.#isWaitingForMemory && this.#mayStart());
    if (this.#isEnding && this.#first === undefined) return this.#socket.end();
    this.#readOrPause();
  }

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
        const sizeBytes = this.#frames.nextBytes();
        if (sizeBytes === undefined || !this.#admit(sizeBytes)) return;
        const frame = this.#frames.next();
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

  /** Whether there is memory for the frame that comes next. */
  #admit(sizeBytes: number): boolean {
    if (this.#reservedBytes > 0) return true;
    const { memory } = this.#deps;
    this.#isWaitingForMemory = !memory.tryReserve(sizeBytes);
    if (this.#isWaitingForMemory) memory.whenReleased(this);
    else this.#reservedBytes = sizeBytes;
    return !this.#isWaitingForMemory;
  }

  #start(frame: Buffer): void {
    let answer: Answer | PendingAnswer;
    try {
      answer = this.#deps.router.route(frame, this.info);
    } catch (error) {
      this.#deps.memory.release(frame.length);
      throw error;
    }
    if (answer instanceof PendingAnswer) {
      answer.owner = this;
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

  settled(pending: PendingAnswer): void {
    // No line, but an answer to who was in it: the line was abandoned.
    if (this.#first === undefined) return this.#forget(pending);
    this.#lineBytes += answerBytes(pending.answer);
    if (pending !== this.#first || this.#isAnswered) return;
    this.#isAnswered = true;
    this.#deps.answered.add(this);
  }

  #answerSettled(): void {
    this.#isAnswered = false;
    for (let first = this.#first; first?.answer !== undefined; first = this.#first) {
      this.#first = first.next;
      if (this.#first === undefined) this.#last = undefined;
      this.#inFlight -= 1;
      this.#inFlightBytes -= first.requestBytes;
      this.#lineBytes -= answerBytes(first.answer);
      if (first.holdsConnection) this.#isHeld = false;
      this.#answer(first.answer, first.requestBytes);
    }
  }

  #answer(answer: Answer, requestBytes: number): void {
    this.#deps.memory.release(requestBytes);
    if (answer === closeConnection) {
      this.#isEnding = true;
      this.#abandonLine();
    } else if (answer !== null) {
      const out = (this.#out ??= []);
      for (const slice of answer) out.push(slice);
      this.#outBytes += answerBytes(answer);
    }
  }

  /** Forgets the requests that will not be answered. Those still at work give their memory back when they are done. */
  #abandonLine(): void {
    for (let pending = this.#first; pending !== undefined; pending = pending.next) {
      if (pending.answer !== undefined) this.#forget(pending);
    }
    this.#first = undefined;
    this.#last = undefined;
  }

  #forget({ answer, requestBytes }: PendingAnswer): void {
    this.#deps.memory.release(requestBytes);
    if (answer !== undefined && answer !== null && answer !== closeConnection) {
      this.#deps.bufferPool.giveBackAll(answer);
    }
  }

  #flush(): void {
    if (this.#out === undefined || this.#isClosed) return;
    const out = joined(this.#out);
    this.#out = undefined;
    this.#outBytes = 0;
    if (this.#socket.write(out)) {
      this.#haveLeft();
      this.#deps.bufferPool.giveBackAll(out);
    } else {
      (this.#leaving ??= []).push(out);
    }
  }

  #readOrPause(): void {
    const isDue = this.#frames.hasBytes() || this.#isWaitingForMemory;
    if (isDue === this.#isPaused) return;
    this.#isPaused = isDue;
    if (isDue) this.#socket.pause();
    else this.#socket.resume();
  }

  closed(error?: Error): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    const { memory, logger, onClosed } = this.#deps;
    memory.forget(this);
    memory.release(this.#reservedBytes);
    this.#abandonLine();
    this.#haveLeft();
    this.#deps.bufferPool.giveBackAll(this.#out ?? []);
    this.#out = undefined;
    logger.debug({ peer: peerText(this.info), error: error?.message }, "Connection closed");
    onClosed(this);
  }
}

export function peerText({ peer }: ConnectionInfo): string {
  return addressText(peer.host, peer.port);
}
