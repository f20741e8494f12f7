import { describe, expect, it } from "vitest";
import { answerIn, refusalIn, withoutAnswer } from "../../src/session/answer.js";

const SITE = "https://site.example/videos/";

describe("the issuer's answer in an address", () => {
  it.each(["?code=a&state=b", "?error=x&state=b", "?error=invalid_request", "?error=odd&error_description=x", "?error=odd&iss=x"])(
    "is found: %s",
    (query) => expect(answerIn(`${SITE}${query}#/gallery`, SITE)).not.toBeNull(),
  );

  it.each(["", "?code=PROMO", "?error=17", "?state=open", "?lang=de"])("is not taken for one: %s", (query) =>
    expect(answerIn(SITE + query, SITE)).toBeNull(),
  );

  it("is not on a page that the issuer does not send visitors to", () => {
    expect(answerIn("https://site.example/other?code=a&state=b", SITE)).toBeNull();
  });

  it("is taken out, and everything else stays", () => {
    const page = `${SITE}?lang=de&code=a&state=b&session_state=c&iss=d&authuser=0#/video/7`;
    expect(withoutAnswer(page)).toBe(`${SITE}?lang=de#/video/7`);
  });

  it.each([
    ["access_denied", "cancelled"],
    ["server_error", "busy"],
    ["invalid_scope", "refused"],
  ])("%s means %s", (error, kind) => {
    expect(refusalIn(new URLSearchParams({ error }))?.kind).toBe(kind);
  });

  it("is no refusal with a code", () => {
    expect(refusalIn(new URLSearchParams({ code: "a" }))).toBeNull();
  });
});
