import { describe, expect, it } from "vitest";
import { begun, isDue, isForeign, isNewer, isTokens, nameOf, renewed, type Tokens } from "../../src/session/tokens.js";

const NOW = Date.UTC(2026, 10, 30);
const SECONDS = NOW / 1000;

function jwt(claims: object): string {
  const part = (value: object) => btoa(JSON.stringify(value)).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
  return `${part({ alg: "RS256" })}.${part(claims)}.x`;
}

const idToken = (claims: object = {}) => jwt({ sub: "alice", iat: SECONDS, exp: SECONDS + 3600, ...claims });
const session = (claims: object = {}): Tokens => begun({ id_token: idToken(claims), refresh_token: "r" }, "id_token", NOW)!;

describe("how long a token is good", () => {
  it.each([
    ["to its end by a clock that is right", 0, 3600],
    ["for its whole life by a clock that is a day behind", 86_400, 3600],
    ["for its whole life by a clock that is a day ahead", -86_400, 3600],
  ])("%s", (_, off, life) => {
    const tokens = session({ iat: SECONDS + off, exp: SECONDS + off + 3600 });
    expect(tokens.until - NOW).toBe(life * 1000);
  });

  it("to its end when the issuer has dated it back", () => {
    expect(session({ iat: SECONDS - 300, exp: SECONDS + 3600 }).until - NOW).toBe(3_600_000);
  });

  it("as long as the issuer says, for an access token that is no JWT", () => {
    const answer = { id_token: idToken(), access_token: "opaque", expires_in: 120 };
    expect(begun(answer, "access_token", NOW)?.until).toBe(NOW + 120_000);
  });

  it("by its own claims, not by those of the access token", () => {
    const answer = { id_token: idToken({ exp: SECONDS + 600 }), access_token: "x", expires_in: 86_400 };
    expect(begun(answer, "id_token", NOW)?.until).toBe(NOW + 600_000);
  });

  it("is renewed in its last minute, a short one in its last fifth", () => {
    expect(isDue(session(), NOW + 3_539_000)).toBe(false);
    expect(isDue(session(), NOW + 3_541_000)).toBe(true);
    const short = session({ exp: SECONDS + 100 });
    expect(isDue(short, NOW + 79_000)).toBe(false);
    expect(isDue(short, NOW + 81_000)).toBe(true);
  });
});

describe("a renewal", () => {
  it("without the token that is needed leaves the old one and takes the new refresh token", () => {
    const before = session();
    const after = renewed(before, { access_token: "x", refresh_token: "r2" }, "id_token", NOW + 1000);
    expect(after).toMatchObject({ token: before.token, until: before.until, refresh: "r2", renewals: 1 });
  });

  it("without a refresh token keeps the old one", () => {
    expect(renewed(session(), { id_token: idToken() }, "id_token", NOW + 1000).refresh).toBe("r");
  });

  it("about somebody else is foreign", () => {
    expect(isForeign(session(), { id_token: idToken({ sub: "ben" }) }, "id_token")).toBe(true);
    expect(isForeign(session(), { id_token: idToken() }, "id_token")).toBe(false);
    expect(isForeign(session(), { access_token: "opaque" }, "access_token")).toBe(false);
  });

  it("is newer than what it renews, and an older session never is", () => {
    const before = session();
    const after = renewed(before, { id_token: idToken() }, "id_token", NOW + 1000);
    expect(isNewer(after, before)).toBe(true);
    expect(isNewer(before, after)).toBe(false);
    expect(isNewer(before, before)).toBe(false);
    expect(isNewer(after, { ...before, since: NOW + 1 })).toBe(false);
  });
});

describe("a sign-in", () => {
  it("without the token that is needed is none", () => {
    expect(begun({ access_token: "x" }, "id_token", NOW)).toBeUndefined();
  });

  it.each([
    [{ name: "Alice Archer", email: "a@example.com" }, "Alice Archer"],
    [{ given_name: "Alice", family_name: "Archer" }, "Alice Archer"],
    [{ "cognito:username": "alice", email: "a@example.com" }, "a@example.com"],
    [{ email: "a@example.com" }, "a@example.com"],
    [{}, "alice"],
    [{ name: 7, email: null }, "alice"],
  ])("names the visitor by what the issuer tells: %j", (claims, name) => {
    expect(nameOf(session(claims).person)).toBe(name);
  });
});

it("what another script has stored or sent is not taken for tokens", () => {
  for (const value of [null, 7, "x", [], {}, { token: "x" }, { ...session(), until: "soon" }, { ...session(), person: null }]) {
    expect(isTokens(value)).toBe(false);
  }
  expect(isTokens(JSON.parse(JSON.stringify(session())))).toBe(true);
});
