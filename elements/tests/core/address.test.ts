/** Configured addresses: every usual way of writing one means the same, and a wrong one is named. */
import { describe, expect, it } from "vitest";
import written from "../../../tests/ops/addresses.json";
import { address, join } from "../../src/core/address.js";
import { Failure } from "../../src/core/failure.js";

describe("address", () => {
  it.each([
    "https://videos.example.com/api",
    "https://videos.example.com/api/",
    "  https://videos.example.com/api//  ",
    "https://videos.example.com/api?x=1#y",
    "HTTPS://Videos.Example.COM/api",
  ])("makes %j uniform", (text) => {
    expect(address(text, "api")).toBe("https://videos.example.com/api");
  });

  it.each(["http://127.0.0.1:8000/", "http://localhost:8000"])("lets %s through without TLS", (text) => {
    expect(address(text, "api")).toBe(text.replace(/\/$/, ""));
  });

  it.each([undefined, "", "   ", "https://EXAMPLE.execute-api.eu-central-1.amazonaws.com", "ftp://files.example.com", "https://"])(
    "names the setting of %j",
    (text) => {
      const wrong = () => address(text, "stream");
      expect(wrong).toThrow(Failure);
      expect(wrong).toThrow(/misconfigured.*stream/);
    },
  );

  it.each(Object.entries(written.same))("finds for %j the server that `make headers` finds: %s", (text, server) => {
    expect(new URL(address(text, "api")).origin).toBe(server === "'self'" ? new URL(document.baseURI).origin : server);
  });

  it.each(written.wrong)("refuses %j, as `make headers` does", (text) => {
    expect(() => address(text, "stream")).toThrow(/misconfigured.*stream/);
  });

  it("takes a path as one on the page's own host", () => {
    expect(address("/api/", "api")).toBe(new URL("/api", document.baseURI).href);
  });

  it("joins segments and encodes them", () => {
    expect(join("https://a.example/stream/", "a/b?c")).toBe("https://a.example/stream/a%2Fb%3Fc");
  });
});
