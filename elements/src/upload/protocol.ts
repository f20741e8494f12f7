/**
 * Sends a file to a resumable upload address of Mux: `PUT` with `Content-Range`, 308 with `Range` until all is there.
 * The storage alone knows what it holds, so it is asked after everything that leaves a doubt.
 */
import { pause, SECOND, MINUTE } from "../core/time.js";

/** Chunks but the last are multiples of this. */
export const CHUNK_UNIT = 256 * 1024;
const FIRST_WAIT_MS = SECOND;
const LONGEST_WAIT_MS = 30 * SECOND;
const FAILURES_BEFORE_PROBE = 6;
const STANDSTILLS = 6;

export interface Put {
  url: string;
  /** The value of `Content-Range`. */
  range: string;
  body: Blob | null;
  signal: AbortSignal;
  onProgress?: (sent: number) => void;
}

export interface Answer {
  status: number;
  /** How many bytes the storage holds, as its `Range` says; undefined without one. */
  held?: number | undefined;
  /** Seconds, 0 without a wish. */
  retryAfter: number;
}

/** Carries one request to the storage. Rejects with a `BrokenError`, or with the signal's reason. */
export interface Transport {
  put(request: Put): Promise<Answer>;
  /** Whether this page may not read the storage's answers although the storage is there. */
  unreadable(url: string): Promise<boolean>;
}

/** No answer came. `blocked` says that the page's own policy forbids the address. */
export class BrokenError extends Error {
  constructor(readonly blocked = false) {
    super(blocked ? "blocked by the page's policy" : "no answer");
  }
}

export type SendProblem =
  /** The address opens nothing any more. */
  | "expired"
  /** The storage does not take the file. */
  | "rejected"
  /** The file cannot be read any more, or is another one. */
  | "changed"
  /** The page's Content-Security-Policy forbids the storage. */
  | "blocked"
  /** The storage does not let this page read its answers. */
  | "foreign"
  /** No answer for as long as patience lasts. */
  | "unreachable"
  /** Answers, but only that it is busy, for as long as patience lasts. */
  | "busy";

export class SendError extends Error {
  constructor(
    readonly problem: SendProblem,
    readonly status = 0,
  ) {
    super(`${problem} ${status || ""}`);
  }
}

export interface SendOptions {
  file: Blob;
  url: string;
  transport: Transport;
  signal: AbortSignal;
  /** Bytes at most in one request; brought to a multiple of 256 KiB. */
  chunk: number;
  /** Whether the storage may hold something already. */
  ask: boolean;
  onProgress: (sent: number) => void;
  /** Told when the storage does not answer, and when it does again. */
  onBroken?: (broken: boolean) => void;
  /** How long to wait for an answer without any progress, in milliseconds. */
  patience?: number;
  /** Resolves when there is a network. */
  network?: (signal: AbortSignal) => Promise<void>;
  wait?: (milliseconds: number, signal: AbortSignal) => Promise<void>;
}

/** A size of chunk that the storage takes. */
export const chunkOf = (bytes: number): number => Math.max(1, Math.floor(bytes / CHUNK_UNIT) || 0) * CHUNK_UNIT;

/** Resolves when the storage has the whole file. Rejects with a `SendError`, or with the signal's reason. */
export async function send(options: SendOptions): Promise<void> {
  const { file, url, transport, signal, onProgress, onBroken } = options;
  const patience = options.patience ?? 10 * MINUTE;
  const network = options.network ?? (() => Promise.resolve());
  const wait = options.wait ?? pause;
  const largest = chunkOf(options.chunk);
  let chunk = largest;
  const total = file.size;
  let offset = 0;
  let asking = options.ask;
  let failures = 0;
  let standstills = 0;
  let answered = false;
  let waited = 0;

  const again = async (problem: "unreachable" | "busy", status: number, retryAfter: number): Promise<void> => {
    failures += 1;
    onBroken?.(true);
    await network(signal);
    const rest = Math.max(Math.min(FIRST_WAIT_MS * 2 ** (failures - 1), LONGEST_WAIT_MS), retryAfter * SECOND);
    // Only waits count: a clock goes on while the laptop sleeps and while there is no network.
    waited += rest;
    if (waited > patience) throw new SendError(problem, status);
    await wait(rest * (0.75 + Math.random() / 2), signal);
    signal.throwIfAborted();
    asking = true;
  };

  for (;;) {
    signal.throwIfAborted();
    const end = Math.min(offset + chunk, total);
    const from = offset;
    let answer: Answer;
    try {
      answer = await transport.put({
        url,
        range: asking ? `bytes */${total}` : `bytes ${from}-${end - 1}/${total}`,
        body: asking ? null : file.slice(from, end),
        signal,
        ...(!asking && { onProgress: (sent: number) => onProgress(from + sent) }),
      });
    } catch (error) {
      signal.throwIfAborted();
      if (!(error instanceof BrokenError)) throw error;
      if (error.blocked) throw new SendError("blocked");
      if (!(await isReadable(file, from))) throw new SendError("changed");
      if (!answered && failures + 1 >= FAILURES_BEFORE_PROBE && (await transport.unreadable(url))) throw new SendError("foreign");
      // A slow or unsteady line may never get a large one through.
      if (!asking) chunk = chunkOf(chunk / 2);
      await again("unreachable", 0, 0);
      continue;
    }
    answered = true;
    const { status } = answer;
    if (status === 200 || status === 201) {
      onProgress(total);
      return;
    }
    if (status === 308) {
      const held = Math.min(answer.held ?? 0, total);
      onBroken?.(false);
      // What it holds is what it says, but it must grow: else it is asked ever less often, and given up in the end.
      if (!asking && (held <= from || held >= total)) {
        standstills += 1;
        if (standstills >= STANDSTILLS) throw new SendError("rejected", status);
        await again("busy", status, answer.retryAfter);
        continue;
      }
      // To hold all of it is the end, and no progress when nothing comes of it.
      if (held > from && held < total) {
        standstills = 0;
        failures = 0;
        waited = 0;
        if (!asking) chunk = Math.min(chunk + CHUNK_UNIT, largest);
      }
      // All of it is held, but nothing says that it is complete: the end is sent once more.
      offset = held >= total ? Math.max(0, (Math.ceil(total / CHUNK_UNIT) - 1) * CHUNK_UNIT) : held;
      asking = false;
      onProgress(held);
    } else if (status === 408 || status === 429 || status >= 500 || status === 0) {
      await again("busy", status, answer.retryAfter);
    } else if (status === 404 || status === 410) {
      throw new SendError("expired", status);
    } else if (asking) {
      // It may not know the question. What it holds already may be sent again.
      asking = false;
    } else {
      throw new SendError("rejected", status);
    }
  }
}

async function isReadable(file: Blob, at: number): Promise<boolean> {
  try {
    await file.slice(at, Math.min(at + 1, file.size)).arrayBuffer();
    return true;
  } catch {
    return false;
  }
}
