/**
 * All uploads of one owner: Uppy holds their state, the plugin sends them, the shelf remembers them for another day, and
 * this puts the three together.
 */
import { Uppy, type UppyFile } from "@uppy/core";
import { Failure, failureOf } from "../core/failure.js";
import { titleOfFile } from "../core/format.js";
import type { Service } from "../core/service.js";
import { MINUTE, online, pause, SECOND, shown } from "../core/time.js";
import type { Asset, CreatedUpload, Upload, Usage } from "../core/types.js";
import { isSame, refusalOf, type Known, type Refusal } from "./check.js";
import type { Chosen } from "./chosen.js";
import { claim, release } from "./claims.js";
import { isActive, isMendable, isPending, type Body, type Item, type Meta, type Source, type Stage } from "./item.js";
import { MuxUpload } from "./mux-upload.js";
import { Shelf, type Kept } from "./shelf.js";
import { Speed } from "./speed.js";
import { XhrTransport } from "./transport.js";

export interface Wishes {
  captions: string;
  policy: string;
  /** 0 for no limit. */
  maxBytes: number;
  accept: string;
  untitled: string;
}

export interface Refused {
  name: string;
  reason: Refusal;
}

/** What became of the files that were given. */
export interface Added {
  taken: number;
  refused: Refused[];
  /** Names of files of folders that are no videos. */
  skipped: string[];
  /** Files that do not fit into what the owner may still upload. */
  held: number;
  /** What the owner may upload besides these, where it is known. */
  places?: Places | undefined;
}

export interface Places {
  /** How many uploads more are possible; Infinity without a limit. */
  left: number;
  /** Whether the limit is one of a day. */
  daily: boolean;
}

type File = UppyFile<Meta, Body>;

const COPY_FILE = 256 * 1024 ** 2;
const COPY_ALL = 1024 ** 3;
const GIVE_UP_PATIENCE_MS = 5 * MINUTE;
const FOLLOW_FIRST_MS = 1.5 * SECOND;
const FOLLOW_LONGEST_MS = 30 * SECOND;
const ASKED_AT_ONCE = 4;
const PLACES_AGAIN_MS = 15 * MINUTE;
const SENT_REMEMBERED = 1000;

export class Engine extends EventTarget {
  readonly #uppy: Uppy<Meta, Body>;
  readonly #plugin: MuxUpload;
  readonly #shelf = new Shelf();
  readonly #kept = new Map<string, Kept>();
  readonly #life = new AbortController();
  readonly #speed = new Speed();
  readonly #sentBefore = new Map<string, number>();
  readonly #debts = new Map<string, Promise<void>>();
  /** Records of what has arrived, for another try if Mux ends it without a video. */
  readonly #past = new Map<string, Kept>();
  /** The records of what has become assets, by the assets' ids. */
  readonly #made = new Map<string, string>();
  #sent: Known[] = [];
  #copied = 0;
  #copying: Promise<unknown> = Promise.resolve();
  #adding: Promise<unknown> = Promise.resolve();
  #following = false;
  #allGoOn = false;
  #told = false;

  constructor(
    private readonly service: Service,
    private readonly owner: string,
    chunk: number,
  ) {
    super();
    this.#uppy = new Uppy<Meta, Body>({ id: "video-uploader", autoProceed: false, allowMultipleUploadBatches: true });
    this.#uppy.use(MuxUpload, {
      kept: (key) => this.#kept.get(key),
      keep: (kept) => this.#shelf.keep(kept),
      create: async (kept) => (await this.#create(kept)).data,
      giveUp: (kept) => this.#giveUp(kept),
      arrived: (kept) => this.#arrived(kept),
      placeComes: () => this.#placeComes(),
      transport: new XhrTransport(),
      chunk,
    });
    this.#plugin = this.#uppy.getPlugin<MuxUpload>("MuxUpload") as MuxUpload;
    this.#uppy.on("state-update", () => this.#changed());
    this.#uppy.on("upload-progress", (file, { bytesUploaded }) => {
      if (!file) return;
      const sent = bytesUploaded || 0;
      this.#speed.add(sent - (this.#sentBefore.get(file.id) ?? sent));
      this.#sentBefore.set(file.id, sent);
    });
    const { signal } = this.#life;
    service.on("asset", (asset) => this.#heard(asset), signal);
    service.on("gone", (id) => this.#vanished(id), signal);
    void this.#placesAgain(signal);
  }

  get items(): Item[] {
    return this.#uppy.getFiles().map((file) => ({
      ...file.meta,
      id: file.id,
      name: file.meta.name,
      size: file.size ?? 0,
      sent: file.progress.uploadComplete ? (file.size ?? 0) : Number(file.progress.bytesUploaded) || 0,
      paused: file.isPaused ?? false,
      file: file.data instanceof Blob ? file.data : undefined,
    }));
  }

  /** Bytes a second. */
  get speed(): number {
    return this.#speed.at();
  }

  /** Ends everything on this page. What is kept stays for another time. */
  stop(): void {
    this.#life.abort();
    // Uppy removes all files at its end, which must not be taken for the visitor's wish.
    this.#uppy.removePlugin(this.#plugin);
    this.#uppy.destroy();
    for (const key of this.#kept.keys()) release(key);
  }

  /** Takes what an earlier page, of this tab or another that is gone, has left. */
  async restore(): Promise<void> {
    for (const found of await this.#shelf.of(this.service.base, this.owner)) {
      if (this.#kept.has(found.key) || this.#debts.has(found.key) || !(await claim(found.key))) continue;
      const kept = await this.#shelf.record(found.key);
      if (!kept || kept.arrivedAt || this.#life.signal.aborted) release(found.key);
      else if (kept.discarded) this.#settle(kept);
      else await this.#restored(kept);
      if (this.#allGoOn) await this.goOn(this.items.filter(({ key }) => key === found.key).map(({ id }) => id));
    }
  }

  /** How many uploads the owner's limits leave; undefined when that cannot be read. */
  async places(): Promise<Places | undefined> {
    const usage = await this.#usage();
    if (!usage) return undefined;
    const left = ({ count, limit }: Usage["assets"]) => (limit === null ? Infinity : Math.max(0, limit - count));
    const [all, day] = [left(usage.assets), left(usage.uploads_last_24_hours)];
    return { left: Math.min(all, day), daily: day <= all };
  }

  /** Checks files and begins with those that can be uploaded. Files that were waited for go on where they stopped. */
  add(chosen: readonly Chosen[], wishes: Wishes): Promise<Added> {
    // One lot after another, so that each knows what those before have taken.
    const turn = this.#adding.then(() => this.#add(chosen, wishes));
    this.#adding = turn.catch(() => undefined);
    return turn;
  }

  async #add(chosen: readonly Chosen[], wishes: Wishes): Promise<Added> {
    const added: Added = { taken: 0, refused: [], skipped: [], held: 0 };
    const good: Chosen[] = [];
    const choosingAgain = this.items.some(({ stage, source }) => stage === "waiting" && source === "choose");
    const arrived = choosingAgain ? await this.#shelf.arrived(this.service.base, this.owner) : [];
    for (const one of chosen) {
      const { file, path } = one;
      const known: Known = { name: file.name, size: file.size, lastModified: file.lastModified, path };
      const isAwaited = ({ stage, source, problem }: Item) => (stage === "waiting" && source !== "here") || problem === "changed";
      const awaited = this.items.find((item) => isAwaited(item) && this.#isSame(item, known));
      if (awaited && (await this.#found(awaited, one))) {
        added.taken += 1;
        continue;
      }
      if (this.items.some((item) => item.stage === "waiting" && item.source === "choose" && item.name === file.name && (!item.path || !path || item.path === path))) {
        added.refused.push({ name: file.name, reason: "other-file" });
        continue;
      }
      const twice = [...this.#uppy.getFiles().map((other) => this.#knownOf(other)), ...this.#sent, ...arrived, ...good.map(knownOf)].some((other) => isSame(known, other));
      const reason = twice ? "twice" : await refusalOf(file, wishes);
      if (!reason) good.push(one);
      else if (path && (file.name.startsWith(".") || !/^(video|audio)\//.test(file.type)) && ["not-media", "empty"].includes(reason)) added.skipped.push(file.name);
      else added.refused.push({ name: file.name, reason });
    }
    const queued = this.items.filter(({ stage, uploadId }) => ["new", "queued", "held"].includes(stage) && !uploadId).length;
    const places = good.length ? await this.places() : undefined;
    const fitting = places ? Math.max(0, places.left - queued) : Infinity;
    added.held = Math.max(0, good.length - fitting);
    added.places = places && { ...places, left: Math.max(0, fitting - good.length) };
    added.taken += good.length;
    for (const [index, one] of good.entries()) await this.#take(one, wishes, index >= fitting ? "held" : "new");
    this.#start();
    return added;
  }

  /** Whether the visitor must be asked for the file, or for leave to read it. Call it from a click. */
  async goOn(ids: readonly string[], { all = false } = {}): Promise<void> {
    // Whoever lets all go on means also those that are found later, such as those of a tab that is just being closed.
    this.#allGoOn ||= all;
    for (const id of ids) {
      const item = this.items.find((one) => one.id === id);
      if (!item || item.stage !== "waiting") continue;
      const file = item.source === "copy" ? await this.#shelf.file(item.key) : item.source === "handle" ? await this.#opened(item.key) : undefined;
      if (item.source === "here") this.#plugin.again(id);
      else if (!(file && this.#resume(id, file)) && item.source === "copy") this.#patch(id, { source: "choose" });
    }
  }

  /** Another try, or none where it cannot help. */
  again(ids: readonly string[]): void {
    for (const item of this.items.filter(({ id }) => ids.includes(id))) {
      if (isMendable(item) || item.stage === "held") void this.#oncemore(item);
    }
  }

  async #oncemore({ id, key }: Item): Promise<void> {
    const past = this.#past.get(key);
    if (past) {
      this.#past.delete(key);
      this.#sent = this.#sent.filter((known) => !isSame(known, past));
      const kept = { ...past, attempt: uuid(), asked: false, uploadId: "", copied: false };
      await claim(key);
      this.#kept.set(key, kept);
      await this.#shelf.keep(kept);
      const file = this.#uppy.getFile(id);
      if (!file) return;
      const progress = { ...file.progress, uploadComplete: false, complete: false, bytesUploaded: 0, percentage: 0 } as unknown as typeof file.progress;
      this.#uppy.setFileState(id, { progress });
      this.#patch(id, { uploadId: "", asset: undefined });
    }
    this.#plugin.again(id);
  }

  pause(ids: readonly string[], paused: boolean): void {
    for (const item of this.items.filter(({ id }) => ids.includes(id))) {
      if (["new", "queued", "creating", "sending"].includes(item.stage) && item.paused !== paused) this.#uppy.pauseResume(item.id);
    }
  }

  /** Takes files out: what they hold at the API is given back. */
  cancel(ids: readonly string[]): void {
    for (const id of ids) if (this.#uppy.getFile(id)) this.#uppy.removeFile(id);
  }

  /** Cancels everything unfinished and forgets it; resolves when the API knows, or after a time. */
  async clear(patience: number): Promise<void> {
    this.cancel(this.items.map(({ id }) => id));
    await Promise.race([this.#settled(), pause(patience)]);
    for (const { key } of await this.#shelf.arrived(this.service.base, this.owner)) await this.#shelf.remove(key);
  }

  async #settled(): Promise<void> {
    while (!this.#life.signal.aborted && (this.#debts.size > 0 || this.#kept.size > 0)) await Promise.race([...this.#debts.values(), pause(100)]);
  }

  #start(): void {
    void this.#uppy.upload().catch((error: unknown) => console.error(error));
  }

  async #take({ file, path, handle }: Chosen, wishes: Wishes, stage: Stage): Promise<void> {
    const key = uuid();
    const kept: Kept = {
      key,
      attempt: uuid(),
      base: this.service.base,
      owner: this.owner,
      name: file.name,
      type: file.type,
      size: file.size,
      lastModified: file.lastModified,
      path,
      title: titleOfFile(file.name) || wishes.untitled,
      captions: wishes.captions,
      policy: wishes.policy,
      addedAt: Date.now() + this.#kept.size / 1000,
      asked: false,
      uploadId: "",
      discarded: false,
      copied: false,
      ...(handle && { handle }),
    };
    await claim(key);
    this.#kept.set(key, kept);
    await this.#shelf.keep(kept);
    if (this.#life.signal.aborted) return release(key);
    this.#put(kept, file, stage, "here");
    if (!handle) this.#copy(kept, file);
  }

  #put(kept: Kept, data: Blob | undefined, stage: Stage, source: Source): string {
    const meta: Meta = {
      key: kept.key, path: kept.path, stage, source, problem: stage === "held" ? "quota" : "", uploadId: kept.uploadId, broken: false, anew: false,
    };
    return this.#uppy.addFile({
      name: kept.name,
      type: kept.type,
      // Uppy tells files apart by name and size; here each record is one of its own.
      meta: { ...meta, relativePath: kept.key } as Meta,
      data: data ?? new Blob(),
      ...(!data && { size: kept.size }),
    });
  }

  async #restored(kept: Kept): Promise<void> {
    this.#kept.set(kept.key, kept);
    const source = kept.handle ? "handle" : kept.copied && (await this.#shelf.file(kept.key)) ? "copy" : "choose";
    const id = this.#put(kept, undefined, "waiting", source);
    const { progress } = this.#uppy.getFile(id);
    this.#uppy.setFileState(id, { size: kept.size, data: undefined as never, progress: { ...progress, bytesTotal: kept.size } });
  }

  /** One copy after another, so that sending has the disk for itself most of the time. */
  #copy(kept: Kept, file: Blob): void {
    if (file.size > COPY_FILE || this.#copied + file.size > COPY_ALL) return;
    this.#copied += file.size;
    this.#copying = this.#copying.then(async () => {
      const { usage = 0, quota = Infinity } = (await navigator.storage?.estimate?.().catch(() => undefined)) ?? {};
      if (this.#kept.get(kept.key) !== kept || quota - usage < file.size * 2) return;
      const copied = await this.#shelf.keepFile(kept.key, file);
      if (this.#kept.get(kept.key) !== kept) return this.#shelf.dropFile(kept.key);
      kept.copied = copied;
      await this.#shelf.keep(kept);
      if (this.#kept.get(kept.key) !== kept) await this.#shelf.remove(kept.key);
    });
  }

  async #opened(key: string): Promise<globalThis.File | undefined> {
    const handle = this.#kept.get(key)?.handle as (FileSystemFileHandle & { requestPermission?: (mode: object) => Promise<string> }) | undefined;
    const id = this.items.find((item) => item.key === key)?.id;
    try {
      if ((await handle?.requestPermission?.({ mode: "read" })) === "denied") return undefined;
      const file = await handle?.getFile();
      const kept = this.#kept.get(key);
      if (file && kept && file.size === kept.size && file.lastModified === kept.lastModified) return file;
    } catch {
      // Moved, deleted, or not allowed: the visitor can choose it again.
    }
    if (id) this.#patch(id, { source: "choose" });
    return undefined;
  }

  async #found(item: Item, { file, handle }: Chosen): Promise<boolean> {
    const kept = this.#kept.get(item.key);
    if (!kept || !this.#resume(item.id, file)) return false;
    if (handle) kept.handle = handle;
    await this.#shelf.keep(kept);
    if (!kept.copied && !handle) this.#copy(kept, file);
    return true;
  }

  #resume(id: string, data: Blob): boolean {
    if (!this.#uppy.getFile(id)) return false;
    this.#uppy.setFileState(id, { data });
    this.#patch(id, { source: "here" });
    this.#plugin.again(id);
    return true;
  }

  #isSame(item: Item, other: Known): boolean {
    const kept = this.#kept.get(item.key);
    return Boolean(kept && isSame(kept, other));
  }

  #knownOf(file: File): Known {
    const kept = this.#kept.get(file.meta.key);
    return kept ?? { name: file.meta.name, size: file.size ?? 0, lastModified: -1, path: file.meta.path };
  }

  #create(kept: Kept): Promise<{ data: CreatedUpload }> {
    const body = { title: kept.title, ...(kept.captions && { captions: kept.captions }), ...(kept.policy && { playback_policy: kept.policy }) };
    return this.service.api.post("/uploads", body, { idempotencyKey: kept.attempt, patience: 0, signal: this.#life.signal });
  }

  async #arrived(kept: Kept): Promise<void> {
    this.#sent = [...this.#sent.slice(-SENT_REMEMBERED), { name: kept.name, size: kept.size, lastModified: kept.lastModified, path: kept.path }];
    this.#forget(kept.key);
    this.#past.set(kept.key, kept);
    const arrived: Kept = { ...kept, copied: false, arrivedAt: Date.now() };
    delete arrived.handle;
    await this.#shelf.keep(arrived);
    await this.#shelf.dropFile(kept.key);
    release(kept.key);
    queueMicrotask(() => this.#follow());
  }

  #forget(key: string): void {
    const kept = this.#kept.get(key);
    if (kept && kept.size <= COPY_FILE) this.#copied = Math.max(0, this.#copied - kept.size);
    this.#kept.delete(key);
  }

  /** The file's record goes; what it may have at the API becomes a debt with a record of its own, which outlives the page. */
  async #giveUp(kept: Kept): Promise<void> {
    const debt = { ...kept, key: uuid(), discarded: true, copied: false };
    delete debt.handle;
    const owed = kept.asked || kept.uploadId !== "";
    if (owed) {
      await claim(debt.key);
      await this.#shelf.keep(debt);
    }
    if (kept.discarded) {
      this.#forget(kept.key);
      await this.#shelf.remove(kept.key);
      release(kept.key);
    }
    if (owed) this.#settle(debt);
  }

  #settle(debt: Kept): void {
    const paid = this.#paid(debt)
      .catch((error: unknown) => console.warn("An upload could not be cancelled yet:", failureOf(error).message))
      .finally(() => {
        this.#debts.delete(debt.key);
        release(debt.key);
      });
    this.#debts.set(debt.key, paid);
  }

  async #paid(debt: Kept): Promise<void> {
    const end = Date.now() + GIVE_UP_PATIENCE_MS;
    for (;;) {
      await online(this.#life.signal);
      if (this.#life.signal.aborted) return;
      try {
        // An upload whose name nobody has heard is named by the same question.
        debt.uploadId ||= (await this.#create(debt)).data.id;
        await this.#shelf.keep(debt);
        await this.service.api.delete(`/uploads/${debt.uploadId}`, { patience: MINUTE, signal: this.#life.signal });
        return await this.#shelf.remove(debt.key);
      } catch (error) {
        // The next request would be in the name of whoever is signed in then.
        if (this.#life.signal.aborted) return;
        const failure = failureOf(error);
        if (["missing", "conflict", "invalid"].includes(failure.kind)) return this.#shelf.remove(debt.key);
        if (!failure.temporary || Date.now() > end) throw failure;
        await pause(Math.max(2 * SECOND, failure.retryAfter * SECOND), this.#life.signal);
      }
    }
  }

  async #usage(): Promise<Usage | undefined> {
    try {
      return (await this.service.api.get<{ data: Usage }>("/usage", { patience: 0 })).data;
    } catch {
      // A stack without this route has limits all the same; it says so when they are reached.
      return undefined;
    }
  }

  /** Only places of open uploads come back by themselves: when what is sent becomes videos. */
  async #placeComes(): Promise<boolean> {
    const usage = await this.#usage();
    const busy = this.items.some(({ stage }) => ["sending", "processing"].includes(stage)) || this.#debts.size > 0;
    if (!usage) return busy;
    const full = ({ count, limit }: Usage["assets"]) => limit !== null && count >= limit;
    return !full(usage.assets) && !full(usage.uploads_last_24_hours) && (busy || !full(usage.open_uploads));
  }

  /** Files that wait for a place are tried again from time to time while somebody looks. */
  async #placesAgain(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await pause(PLACES_AGAIN_MS, signal);
      await shown(signal);
      const held = this.items.filter(({ stage, paused }) => stage === "held" && !paused);
      if (held.length === 0 || signal.aborted) continue;
      const places = await this.places();
      this.again(held.slice(0, places?.left ?? 1).map(({ id }) => id));
    }
  }

  #heard(asset: Asset): void {
    const item = this.items.find(({ uploadId, asset: known }) => (uploadId !== "" && uploadId === asset.upload_id) || known?.id === asset.id);
    if (!item || !["processing", "ready"].includes(item.stage)) return;
    this.#made.set(asset.id, item.key);
    if (asset.status === "ready") this.#finish(item, { stage: "ready", asset });
    else if (asset.status === "errored") this.#finish(item, { stage: "failed", problem: "no-video", asset });
    else this.#patch(item.id, { asset });
  }

  #vanished(id: string): void {
    // Whoever deletes a video may upload it again.
    const past = this.#past.get(this.#made.get(id) ?? "");
    if (past) {
      this.#sent = this.#sent.filter((known) => !isSame(known, past));
      void this.#shelf.remove(past.key);
    }
    this.cancel(this.items.filter(({ asset }) => asset?.id === id).map((item) => item.id));
  }

  #finish(item: Item, change: Partial<Meta>): void {
    if (item.stage !== change.stage) {
      this.dispatchEvent(new CustomEvent(change.stage === "ready" ? "ready" : "failed", { detail: change.asset }));
    }
    this.#patch(item.id, change);
  }

  /** Asks what became of what is sent, ever less often, and not at all while nobody looks or nothing is under way. */
  #follow(): void {
    if (this.#following || this.#life.signal.aborted) return;
    this.#following = true;
    const { signal } = this.#life;
    void this.#followed(signal).finally(() => (this.#following = false));
  }

  async #followed(signal: AbortSignal): Promise<void> {
    let turn = 0;
    for (let wait = FOLLOW_FIRST_MS; ; wait = Math.min(wait * 1.4, FOLLOW_LONGEST_MS)) {
      await pause(wait, signal);
      await shown(signal);
      await online(signal);
      const open = this.items.filter(({ stage, uploadId }) => stage === "processing" && uploadId);
      if (signal.aborted || open.length === 0) return;
      const asked = open.length <= ASKED_AT_ONCE ? open : Array.from({ length: ASKED_AT_ONCE }, (_, at) => open[(turn + at) % open.length]!);
      turn += ASKED_AT_ONCE;
      const changes = await Promise.all(asked.map((item) => this.#asked(item, signal)));
      if (changes.some(Boolean) || open.length > ASKED_AT_ONCE) wait = FOLLOW_FIRST_MS;
    }
  }

  /** Whether there was news. A failure here is none: the next question comes. */
  async #asked(item: Item, signal: AbortSignal): Promise<boolean> {
    try {
      const { data } = await this.service.api.get<{ data: Upload }>(`/uploads/${item.uploadId}`, { signal, patience: 0 });
      if (data.asset) {
        const news = JSON.stringify(data.asset) !== JSON.stringify(item.asset);
        if (news) {
          this.dispatchEvent(new CustomEvent("asset", { detail: data.asset }));
          this.service.tell("asset", data.asset);
        }
        return news;
      }
      if (data.status === "waiting" || data.status === "asset_created") return false;
      this.#finish(item, { stage: "failed", problem: data.status === "errored" ? "no-video" : "ended" });
      return true;
    } catch (error) {
      if (!(error instanceof Failure) || error.kind !== "missing") return false;
      this.#finish(item, { stage: "failed", problem: "ended" });
      return true;
    }
  }

  #patch(id: string, change: Partial<Meta>): void {
    if (this.#uppy.getFile(id)) this.#uppy.setFileMeta(id, change as Meta);
  }

  /** Many changes in a row are told once. */
  #changed(): void {
    if (this.#told) return;
    this.#told = true;
    queueMicrotask(() => {
      this.#told = false;
      this.dispatchEvent(new Event("change"));
    });
  }
}

const knownOf = ({ file, path }: Chosen): Known => ({ name: file.name, size: file.size, lastModified: file.lastModified, path });

/** As `crypto.randomUUID`, which pages without TLS do not have. */
function uuid(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

export { isActive, isMendable, isPending };
export type { Item } from "./item.js";
