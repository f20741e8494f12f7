/** What is left to upload, kept in the browser: a record for each file, and where possible the file or a way to it. */
import { pause, SECOND } from "../core/time.js";

/** Never holds an upload's address: who has it may write. */
export interface Kept {
  /** The name of the record. */
  key: string;
  /** The Idempotency-Key of its upload. */
  attempt: string;
  /** Address of the API, and the owner; nobody else sees the record. */
  base: string;
  owner: string;
  name: string;
  type: string;
  size: number;
  lastModified: number;
  /** Path inside the chosen folder, "" for a file on its own. */
  path: string;
  title: string;
  captions: string;
  policy: string;
  /** Milliseconds since 1970. */
  addedAt: number;
  /** Whether the API has been asked for the upload, so that there may be one. */
  asked: boolean;
  /** The upload, once the API has told. */
  uploadId: string;
  /** Given up; the upload has to be cancelled at the API. */
  discarded: boolean;
  /** Opens the file with the visitor's permission. */
  handle?: FileSystemFileHandle;
  /** Whether a copy of the file is kept. */
  copied: boolean;
  /** When all of it was at Mux, in milliseconds since 1970; nothing is left to be done then. */
  arrivedAt?: number;
}

const DATABASE = "video-uploads";
const RECORDS = "records";
const FILES = "files";
const OLDEST_MS = 7 * 24 * 3600 * 1000;
const BYTES_AT_MOST = 64 * 1024 ** 2;
const ARRIVED_MS = 24 * 3600 * 1000;
/** WebKit sometimes never answers. */
const OPEN_MS = 5 * SECOND;

export class Shelf {
  #database: Promise<IDBDatabase | undefined> | undefined;

  /** The records of one owner, oldest first. Forgets what is too old for anybody. */
  async of(base: string, owner: string): Promise<Kept[]> {
    return (await this.#all(base, owner)).filter(({ arrivedAt }) => !arrivedAt);
  }

  /** What has arrived lately: whoever chooses a whole folder again does not want these twice. */
  async arrived(base: string, owner: string): Promise<Kept[]> {
    return (await this.#all(base, owner)).filter(({ arrivedAt }) => arrivedAt);
  }

  async #all(base: string, owner: string): Promise<Kept[]> {
    const all = ((await this.#do(RECORDS, "readonly", (store) => store.getAll())) ?? []) as Kept[];
    const now = Date.now();
    const old = all.filter(({ addedAt, arrivedAt }) => now - addedAt > OLDEST_MS || (arrivedAt && now - arrivedAt > ARRIVED_MS));
    await Promise.all(old.map(({ key }) => this.remove(key)));
    return all
      .filter((kept) => kept.base === base && kept.owner === owner && !old.includes(kept))
      .sort((one, other) => one.addedAt - other.addedAt);
  }

  async record(key: string): Promise<Kept | undefined> {
    return (await this.#do(RECORDS, "readonly", (store) => store.get(key))) as Kept | undefined;
  }

  /** False when the browser does not keep it: private windows, no room. */
  async keep(kept: Kept): Promise<boolean> {
    if (await this.#done(RECORDS, (store) => store.put(kept))) return true;
    if (!kept.handle) return false;
    const { handle: _, ...rest } = kept;
    return this.#done(RECORDS, (store) => store.put(rest));
  }

  async remove(key: string): Promise<void> {
    await this.#done(RECORDS, (store) => store.delete(key));
    await this.dropFile(key);
  }

  async keepFile(key: string, file: Blob): Promise<boolean> {
    if (await this.#done(FILES, (store) => store.put(file, key))) return true;
    // WebKit keeps bytes, but no files, in a session that leaves nothing behind.
    if (file.size > BYTES_AT_MOST) return false;
    const bytes = await file.arrayBuffer().catch(() => undefined);
    return bytes !== undefined && this.#done(FILES, (store) => store.put(bytes, key));
  }

  async file(key: string): Promise<Blob | undefined> {
    const found = await this.#do(FILES, "readonly", (store) => store.get(key));
    if (found instanceof ArrayBuffer) return new Blob([found]);
    if (!(found instanceof Blob)) return undefined;
    try {
      // A copy whose content the browser has thrown away is none.
      await found.slice(0, 1).arrayBuffer();
      return found;
    } catch {
      return undefined;
    }
  }

  async dropFile(key: string): Promise<void> {
    await this.#done(FILES, (store) => store.delete(key));
  }

  async #done(name: string, ask: (store: IDBObjectStore) => IDBRequest): Promise<boolean> {
    return (await this.#do(name, "readwrite", (store) => ask(store), true)) === true;
  }

  /** The request's result, or true when its transaction is complete; undefined where the browser keeps nothing. */
  async #do(name: string, mode: IDBTransactionMode, ask: (store: IDBObjectStore) => IDBRequest, whole = false): Promise<unknown> {
    try {
      const database = await (this.#database ??= open());
      if (!database) return undefined;
      const transaction = database.transaction([name], mode, { durability: "strict" });
      const request = ask(transaction.objectStore(name));
      return await new Promise((resolve) => {
        transaction.oncomplete = () => resolve(whole ? true : request.result);
        transaction.onerror = transaction.onabort = () => resolve(undefined);
      });
    } catch {
      // The connection may have been closed by the browser; the next one is new.
      this.#database = undefined;
      return undefined;
    }
  }
}

function open(): Promise<IDBDatabase | undefined> {
  return new Promise((resolve) => {
    void pause(OPEN_MS).then(() => resolve(undefined));
    try {
      const request = indexedDB.open(DATABASE, 1);
      request.onupgradeneeded = () => {
        request.result.createObjectStore(RECORDS, { keyPath: "key" });
        request.result.createObjectStore(FILES);
      };
      request.onsuccess = () => {
        request.result.onversionchange = () => request.result.close();
        resolve(request.result);
      };
      request.onerror = request.onblocked = () => resolve(undefined);
    } catch {
      resolve(undefined);
    }
  });
}
