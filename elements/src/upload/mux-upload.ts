/**
 * The uploader plugin for Uppy: asks the API for an upload, sends the file to Mux's address, and gives back what it took.
 * Each file goes through `#run` as often as needed; whatever it stops at can be gone on with.
 */
import { BasePlugin, type Uppy } from "@uppy/core";
import { Failure, failureOf, isAbort } from "../core/failure.js";
import { MINUTE, online, pause, SECOND } from "../core/time.js";
import type { CreatedUpload } from "../core/types.js";
import type { Body, Meta, Problem } from "./item.js";
import { Lane } from "./lane.js";
import { send, SendError, type SendProblem, type Transport } from "./protocol.js";
import type { Kept } from "./shelf.js";

/** Mux takes one new upload a second. */
const CREATE_GAP_MS = 1050;
const CREATE_PATIENCE_MS = 15 * MINUTE;
const FIRST_WAIT_MS = SECOND;
const LONGEST_WAIT_MS = 30 * SECOND;
const OUTCOME_WAIT_MS = 5 * SECOND;
const PLACE_WAIT_MS = 4 * SECOND;

export interface MuxUploadOptions {
  id?: string;
  /** The record of a file. */
  kept: (key: string) => Kept | undefined;
  /** Stores a record. */
  keep: (kept: Kept) => Promise<unknown>;
  /** `POST /uploads`, once. */
  create: (kept: Kept) => Promise<CreatedUpload>;
  /** The upload will not be used: it is cancelled at the API, however long that takes. */
  giveUp: (kept: Kept) => Promise<void>;
  /** All of the file is at Mux. */
  arrived: (kept: Kept, fileId: string) => Promise<void>;
  /** Whether a place comes back by itself soon, after the API has refused an upload for its limits. */
  placeComes: () => Promise<boolean>;
  transport: Transport;
  /** Bytes. */
  chunk: number;
  /** Files that are sent at the same time. */
  together?: number;
  gap?: number;
}

/** The upload is of no use any more after these: its place is given back at once. */
const DEAD: Partial<Record<SendProblem, Problem>> = {
  expired: "expired",
  rejected: "rejected",
  changed: "changed",
  blocked: "storage-blocked",
  foreign: "storage-foreign",
};

export class MuxUpload extends BasePlugin<MuxUploadOptions, Meta, Body> {
  readonly #lane: Lane;
  readonly #active = new Map<string, AbortController>();
  readonly #settled = new Map<string, () => void>();
  #stopped = false;

  constructor(uppy: Uppy<Meta, Body>, opts?: MuxUploadOptions) {
    if (!opts) throw new TypeError("MuxUpload needs its options");
    super(uppy, opts);
    this.id = opts.id ?? "MuxUpload";
    this.type = "uploader";
    this.#lane = new Lane(opts.gap ?? CREATE_GAP_MS);
  }

  override install(): void {
    const { capabilities } = this.uppy.getState();
    this.uppy.setState({ capabilities: { ...capabilities, resumableUploads: true, individualCancellation: true } });
    this.uppy.addUploader(this.#upload);
    this.uppy.on("upload-pause", (file, paused) => {
      if (!file) return;
      if (paused) this.#active.get(file.id)?.abort();
      else this.#pump();
    });
    this.uppy.on("file-removed", (file) => this.#removed(file.id, file.meta.key));
  }

  override uninstall(): void {
    this.#stopped = true;
    for (const control of this.#active.values()) control.abort();
    this.uppy.removeUploader(this.#upload);
  }

  /** Puts a file that stopped back into the queue. */
  again(id: string): void {
    this.#patch(id, { stage: "queued", problem: "" });
    this.#pump();
  }

  readonly #upload = async (ids: string[]): Promise<void> => {
    const fresh = ids.filter((id) => this.uppy.getFile(id)?.meta.stage === "new");
    for (const id of fresh) this.#patch(id, { stage: "queued" });
    const ends = fresh.map((id) => new Promise<void>((resolve) => this.#settled.set(id, resolve)));
    this.#pump();
    await Promise.all(ends);
  };

  #pump(): void {
    if (this.#stopped) return;
    for (const { id, meta, isPaused } of this.uppy.getFiles()) {
      if (this.#active.size >= (this.opts.together ?? 3)) return;
      if (meta.stage === "queued" && !isPaused && !this.#active.has(id)) void this.#run(id);
    }
  }

  async #run(id: string): Promise<void> {
    const control = new AbortController();
    this.#active.set(id, control);
    const kept = this.opts.kept(this.uppy.getFile(id).meta.key);
    try {
      if (!kept) throw new Failure("failed", { detail: "the file has no record" });
      await this.#sent(id, kept, control.signal);
    } catch (error) {
      await this.#ended(id, kept, error, control.signal);
    } finally {
      this.#active.delete(id);
      const stage = this.uppy.getFile(id)?.meta.stage;
      if (stage !== "queued") {
        this.#settled.get(id)?.();
        this.#settled.delete(id);
      }
      this.#pump();
    }
  }

  async #sent(id: string, kept: Kept, signal: AbortSignal): Promise<void> {
    const before = kept.uploadId;
    const url = await this.#address(id, kept, signal);
    const file = this.uppy.getFile(id);
    if (!file) throw new DOMException("removed", "AbortError");
    if (url !== null) {
      if (!(file.data instanceof Blob)) throw new SendError("changed");
      this.#patch(id, { stage: "sending" });
      const begun = before !== "" && before === kept.uploadId;
      // This sets what is sent to nothing.
      if (!begun || !file.progress.uploadStarted) this.uppy.emit("upload-start", [file]);
      await send({
        file: file.data,
        url,
        transport: this.opts.transport,
        signal,
        chunk: this.opts.chunk,
        ask: begun,
        network: online,
        onProgress: (sent) => this.#progress(id, sent),
        onBroken: (broken) => {
          if (this.uppy.getFile(id)?.meta.broken !== broken) this.#patch(id, { broken });
        },
      });
    }
    await this.opts.arrived(kept, id);
    if (!this.uppy.getFile(id)) return;
    this.#patch(id, { stage: "processing", broken: false });
    this.uppy.emit("upload-success", this.uppy.getFile(id), { status: 200 });
  }

  /** The address to send to; null when the file has arrived already. */
  async #address(id: string, kept: Kept, signal: AbortSignal): Promise<string | null> {
    for (;;) {
      this.#patch(id, { stage: "creating" });
      const before = kept.uploadId;
      const created = await this.#created(kept, signal);
      if (before && before !== created.id) {
        // The API has forgotten the key: this is another upload, and the one before is of no use.
        await this.opts.giveUp({ ...kept, uploadId: before });
        this.#patch(id, { anew: true });
      }
      kept.uploadId = created.id;
      await this.opts.keep(kept);
      this.#patch(id, { uploadId: created.id });
      signal.throwIfAborted();
      if (created.url) return created.url;
      if (created.status === "asset_created") return null;
      if (created.status === "waiting") throw new SendError("busy");
      this.#renew(kept);
      this.#patch(id, { anew: true });
    }
  }

  async #created(kept: Kept, signal: AbortSignal): Promise<CreatedUpload> {
    // Only waits count: a clock goes on while the laptop sleeps and while there is no network.
    let waited = 0;
    for (let wait = FIRST_WAIT_MS; ; wait = Math.min(wait * 2, LONGEST_WAIT_MS)) {
      await online(signal);
      signal.throwIfAborted();
      try {
        // Once it is asked, the answer is waited for whatever happens: it names what has to be given back.
        return await this.#lane.run(() => this.#ask(kept), signal);
      } catch (error) {
        if (isAbort(error)) throw error;
        const failure = failureOf(error);
        if (failure.type === "idempotency_mismatch") {
          this.#renew(kept);
          continue;
        }
        const rest = await this.#patienceFor(failure, wait);
        if (rest === undefined || (waited += rest) > CREATE_PATIENCE_MS) throw failure;
        await pause(rest, signal);
      }
    }
  }

  async #ask(kept: Kept): Promise<CreatedUpload> {
    const first = !kept.asked;
    if (first) {
      kept.asked = true;
      await this.opts.keep(kept);
    }
    try {
      return await this.opts.create(kept);
    } catch (error) {
      // An answer of 4xx made nothing.
      const { status } = failureOf(error);
      if (first && status >= 400 && status < 500) {
        kept.asked = false;
        await this.opts.keep(kept);
      }
      throw error;
    }
  }

  /** How long to wait before the same question; undefined where that does not help. */
  async #patienceFor(failure: Failure, wait: number): Promise<number | undefined> {
    if (failure.kind === "quota") {
      if (!(await this.opts.placeComes())) return undefined;
      this.#lane.hold(PLACE_WAIT_MS);
      return PLACE_WAIT_MS;
    }
    if (!failure.temporary) return undefined;
    const wish = failure.retryAfter * SECOND;
    // These are about this one question, and the API knows itself when it may be sent again; the others go on.
    if (failure.type === "outcome_unknown") return Math.min(Math.max(wait, wish), OUTCOME_WAIT_MS);
    if (failure.type === "in_progress") return Math.max(wait, wish);
    if (failure.kind === "busy") this.#lane.hold(Math.max(SECOND, wish));
    return Math.max(wait, wish) * (0.75 + Math.random() / 2);
  }

  async #ended(id: string, kept: Kept | undefined, error: unknown, signal: AbortSignal): Promise<void> {
    if (this.#stopped) return;
    if (!this.uppy.getFile(id)) {
      if (kept) await this.opts.giveUp(kept);
      return;
    }
    if (signal.aborted) return this.#patch(id, { stage: "queued", broken: false });
    const dead = error instanceof SendError ? DEAD[error.problem] : undefined;
    if (dead && kept) {
      await this.opts.giveUp({ ...kept });
      this.#renew(kept);
      await this.opts.keep(kept);
      this.#patch(id, { uploadId: "" });
    }
    const failure = error instanceof SendError ? undefined : failureOf(error);
    if (failure) console.warn("An upload stopped:", failure.message);
    if (failure?.kind === "quota") return this.#patch(id, { stage: "held", problem: "quota", broken: false });
    const problem = dead ?? failure?.kind ?? ((error as SendError).problem as Problem);
    this.#patch(id, { stage: "failed", problem, broken: false });
  }

  /** The next question is for a new upload. */
  #renew(kept: Kept): void {
    kept.attempt = crypto.getRandomValues(new Uint32Array(4)).join("-");
    kept.asked = false;
    kept.uploadId = "";
  }

  #removed(id: string, key: string): void {
    if (this.#stopped) return;
    const control = this.#active.get(id);
    const kept = this.opts.kept(key);
    if (kept) {
      kept.discarded = true;
      void this.opts.keep(kept);
    }
    // A file under way is given up by its own run, which may still wait for the name of its upload.
    if (control) control.abort();
    else if (kept) void this.opts.giveUp(kept);
    this.#settled.get(id)?.();
    this.#settled.delete(id);
  }

  #progress(id: string, sent: number): void {
    const file = this.uppy.getFile(id);
    if (!file) return;
    const uploadStarted = file.progress.uploadStarted ?? Date.now();
    this.uppy.emit("upload-progress", file, { uploadStarted, bytesUploaded: sent, bytesTotal: file.size });
  }

  #patch(id: string, change: Partial<Meta>): void {
    if (this.uppy.getFile(id)) this.uppy.setFileMeta(id, change as Meta);
  }
}
