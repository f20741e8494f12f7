/** The tokens of one session and how long they are good. All times are milliseconds by this machine's clock. */
import { claimsOf, subjectOf } from "../core/jwt.js";
import { MINUTE, SECOND } from "../core/time.js";
import type { TokenUse } from "./settings.js";

export interface Person {
  sub: string;
  name: string;
  email: string;
}

export interface Tokens {
  /** What the API gets. */
  token: string;
  /** When the token came, and when it ends. */
  from: number;
  until: number;
  /** When the visitor signed in: all tokens of one session have it in common. */
  since: number;
  /** How often the session was renewed. */
  renewals: number;
  /** Undefined when the issuer gives none, or takes it no longer. */
  refresh?: string | undefined;
  /** Tells the issuer whose session ends. */
  idToken?: string | undefined;
  person: Person;
  /** The `sub` of `token`: what the API knows the visitor as. */
  owner: string;
}

/** What an issuer answers, as far as it is used. */
export interface TokenAnswer {
  id_token?: string | undefined;
  access_token?: string | undefined;
  refresh_token?: string | undefined;
  expires_in?: number | undefined;
}

const UNKNOWN_LIFE = 5 * MINUTE;
/** Issuers date tokens back so that clocks that are slow take them: Entra ID by five minutes. */
const DATED_BACK = 10 * MINUTE;
const EARLIEST = MINUTE;

/** The tokens of a new session; undefined when the kind that the API takes is missing. */
export function begun(answer: TokenAnswer, use: TokenUse, now: number): Tokens | undefined {
  const token = answer[use];
  if (!token) return undefined;
  const person = personOf(answer.id_token ?? token);
  return {
    token,
    from: now,
    until: now + lifeOf(token, answer, use, now),
    since: now,
    renewals: 0,
    refresh: answer.refresh_token,
    idToken: answer.id_token,
    person,
    owner: subjectOf(token) || person.sub,
  };
}

/** The session after a renewal. An answer without the token that the API takes leaves the old one, good until its end. */
export function renewed(before: Tokens, answer: TokenAnswer, use: TokenUse, now: number): Tokens {
  const token = answer[use];
  const rest = {
    renewals: before.renewals + 1,
    refresh: answer.refresh_token ?? before.refresh,
    idToken: answer.id_token ?? before.idToken,
    person: answer.id_token ? personOf(answer.id_token) : before.person,
  };
  if (!token) return { ...before, ...rest };
  return { ...before, ...rest, token, from: now, until: now + lifeOf(token, answer, use, now) };
}

/** Whether the answer to a renewal is about somebody else, which OpenID Connect forbids. */
export function isForeign(before: Tokens, answer: TokenAnswer, use: TokenUse): boolean {
  const sub = answer.id_token ? personOf(answer.id_token).sub : before.person.sub;
  const token = answer[use];
  return sub !== before.person.sub || (token !== undefined && (subjectOf(token) || before.owner) !== before.owner);
}

/** Whether `one` is of a later session than `other`, or of the same one and renewed more often. */
export function isNewer(one: Tokens, other: Tokens): boolean {
  return one.since !== other.since ? one.since > other.since : one.renewals > other.renewals;
}

/** Whether it is time to ask for new ones while these are still good. */
export function isDue(tokens: Tokens, now: number): boolean {
  return tokens.until - now < Math.min(EARLIEST, (tokens.until - tokens.from) / 5);
}

/** How long a token that has just come is good. A clock that is far off must not make it seem expired, or good for ever. */
function lifeOf(token: string, { expires_in: told }: TokenAnswer, use: TokenUse, now: number): number {
  const claims = claimsOf(token);
  const [exp, iat] = [claims?.["exp"], claims?.["iat"]];
  if (typeof exp !== "number" || typeof iat !== "number") {
    return use === "access_token" && told ? told * SECOND : UNKNOWN_LIFE;
  }
  const whole = (exp - iat) * SECOND;
  const byClock = exp * SECOND - now;
  return byClock <= whole && byClock > Math.max(0, whole - DATED_BACK) ? byClock : whole;
}

function personOf(jwt: string): Person {
  const claims = claimsOf(jwt) ?? {};
  const text = (name: string) => {
    const value = claims[name];
    return typeof value === "string" ? value.trim() : "";
  };
  const parts = [text("given_name"), text("family_name")].filter(Boolean).join(" ");
  return {
    sub: text("sub"),
    name: text("name") || parts || text("nickname") || text("preferred_username") || text("cognito:username"),
    email: text("email"),
  };
}

/** What to call the visitor. Cognito's user name is often the `sub`, which is no name. */
export function nameOf({ name, email, sub }: Person): string {
  return (name !== sub && name) || email || sub;
}

/** Whether a value from storage or from another tab has the shape of tokens. */
export function isTokens(value: unknown): value is Tokens {
  if (typeof value !== "object" || value === null) return false;
  const { token, from, until, since, renewals, person, owner } = value as Partial<Record<keyof Tokens, unknown>>;
  const numbers = [from, until, since, renewals].every((number) => typeof number === "number");
  return typeof token === "string" && numbers && typeof owner === "string" && typeof (person as Person | undefined)?.sub === "string";
}
