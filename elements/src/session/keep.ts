/** What a tab keeps of its session. Tokens are in sessionStorage alone; localStorage holds no more than a time. */
import { isTokens, type Tokens } from "./tokens.js";

/** A sign-in that was begun and waits for its answer. */
export interface Attempt {
  state: string;
  nonce: string;
  verifier: string;
  redirectUri: string;
  /** Where the visitor was. */
  page: string;
  at: number;
}

const ATTEMPTS = 5;

export class Keep {
  /** `name` tells the sessions of several issuers and clients on one origin apart. */
  constructor(readonly name: string) {}

  get tokens(): Tokens | undefined {
    const kept = read(sessionStorageOrNull(), this.name);
    return isTokens(kept) ? kept : undefined;
  }

  set tokens(tokens: Tokens | undefined) {
    write(sessionStorageOrNull(), this.name, tokens);
  }

  /** Remembers an attempt; false when the browser keeps nothing. */
  begin(attempt: Attempt): boolean {
    return write(sessionStorageOrNull(), `${this.name}:attempts`, [attempt, ...this.#attempts()].slice(0, ATTEMPTS));
  }

  /** The attempt with this `state`, once. */
  take(state: string | null): Attempt | undefined {
    const all = this.#attempts();
    const found = all.find((attempt) => attempt.state === state);
    if (found) write(sessionStorageOrNull(), `${this.name}:attempts`, all.filter((attempt) => attempt !== found));
    return found;
  }

  /** When somebody signed out in any tab; no older session counts. 0 for never. */
  get signedOutAt(): number {
    const at = read(localStorageOrNull(), `${this.name}:signed-out`);
    return typeof at === "number" ? at : 0;
  }

  set signedOutAt(at: number) {
    write(localStorageOrNull(), `${this.name}:signed-out`, at);
  }

  /** The next sign-in is to ask who it is, for the issuer may still know the one before. */
  get asksAgain(): boolean {
    return read(sessionStorageOrNull(), `${this.name}:ask`) === true;
  }

  set asksAgain(wanted: boolean) {
    write(sessionStorageOrNull(), `${this.name}:ask`, wanted || undefined);
  }

  /** Whether a storage event is about a sign-out. */
  isSignOut({ key }: StorageEvent): boolean {
    return key === `${this.name}:signed-out`;
  }

  #attempts(): Attempt[] {
    const kept = read(sessionStorageOrNull(), `${this.name}:attempts`);
    return Array.isArray(kept) ? (kept as Attempt[]) : [];
  }
}

// A browser that blocks storage throws at the mere mention of it.
function sessionStorageOrNull(): Storage | null {
  try {
    return sessionStorage;
  } catch {
    return null;
  }
}

function localStorageOrNull(): Storage | null {
  try {
    return localStorage;
  } catch {
    return null;
  }
}

function read(storage: Storage | null, key: string): unknown {
  try {
    return JSON.parse(storage?.getItem(key) ?? "null");
  } catch {
    return null;
  }
}

function write(storage: Storage | null, key: string, value: unknown): boolean {
  try {
    if (value === undefined) storage?.removeItem(key);
    else storage?.setItem(key, JSON.stringify(value));
    return storage !== null;
  } catch {
    return false;
  }
}
