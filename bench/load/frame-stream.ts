import { connect, type Socket } from "node:net";

/** How much of each frame is kept for looking at; the rest is only counted. */
const defaultHeadSizeBytes = 1024;

/** One for all connections: what is received is looked at before the next read. */
const receiveBuffer = Buffer.allocUnsafeSlow(1 << 20);

/**
 * Cuts a byte stream into length-prefixed frames, of which only the first bytes are kept: the generator must not spend its
 * time on payloads.
 */
export class FrameStream {
  readonly #onFrame: (head: Buffer, sizeBytes: number) => void;
  readonly #head: Buffer;
  /** Bytes of the current frame so far, its length prefix included. */
  #seen = 0;

  /** @param onFrame gets the frame's first bytes (with its length prefix; valid until it returns) and its whole size */
  constructor(onFrame: (head: Buffer, sizeBytes: number) => void, headSizeBytes = defaultHeadSizeBytes) {
    this.#onFrame = onFrame;
    this.#head = Buffer.alloc(headSizeBytes);
  }

  feed(chunk: Buffer, length: number): void {
    let at = 0;
    while (at < length) {
      if (this.#seen < 4) {
        this.#head[this.#seen++] = chunk[at++]!;
        if (this.#seen < 4) continue;
      }
      const sizeBytes = 4 + this.#head.readInt32BE(0);
      const taken = Math.min(length - at, sizeBytes - this.#seen);
      if (this.#seen < this.#head.length) chunk.copy(this.#head, this.#seen, at, at + taken);
      this.#seen += taken;
      at += taken;
      if (this.#seen === sizeBytes) {
        this.#seen = 0;
        this.#onFrame(this.#head, sizeBytes);
      }
    }
  }
}

export interface LoadConnection {
  readonly socket: Socket;
  close(): void;
}

/**
 * Connects, receives into the one buffer, and tells of every frame and of the end of every chunk
 * (the time to send what the frames of the chunk have made room for).
 */
export function openLoadConnection(
  port: number,
  onFrame: (head: Buffer, sizeBytes: number) => void,
  onChunkEnd: () => void,
  onError: (error: Error) => void,
  headSizeBytes?: number,
): Promise<LoadConnection> {
  const stream = new FrameStream(onFrame, headSizeBytes);
  return new Promise((resolve) => {
    let isClosing = false;
    const socket = connect({
      host: "127.0.0.1",
      port,
      noDelay: true,
      onread: {
        buffer: receiveBuffer,
        callback: (length, buffer) => {
          try {
            stream.feed(buffer as Buffer, length);
            onChunkEnd();
          } catch (error) {
            onError(error as Error);
          }
          return true;
        },
      },
    });
    const close = (): void => {
      isClosing = true;
      socket.destroy();
    };
    socket.on("error", onError);
    socket.on("close", () => {
      if (!isClosing) onError(new Error("the broker closed the connection"));
    });
    socket.once("connect", () => resolve({ socket, close }));
  });
}
