import { beforeEach, describe, expect, test, vi } from "vitest";
import cases from "../../tests/ops/addresses.json";
import { address, join } from "../src/core/address.js";
import { Failure } from "../src/core/failure.js";

const PAGE = "https://www.example.com/videos/index.html";

beforeEach(() => {
  vi.stubGlobal("document", { baseURI: PAGE });
});

describe("an address of the configuration", () => {
  test.each(Object.entries(cases.same))("%j is on the same server as `make headers` says: %s", (text, server) => {
    const origin = server === "'self'" ? new URL(PAGE).origin : server;
    expect(new URL(address(text, "api")).origin).toBe(origin);
  });

  test.each(cases.wrong)("%j is refused, and the setting is named", (text) => {
    expect(() => address(text, "stream")).toThrow(Failure);
    expect(() => address(text, "stream")).toThrow(/stream/);
  });

  test("blanks, slashes at the end, query and fragment make no difference", () => {
    for (const text of ["https://a.example/v1", " https://a.example/v1// ", "https://a.example/v1/?x#y"]) {
      expect(address(text, "api")).toBe("https://a.example/v1");
    }
  });

  test("a path is on the page's own host", () => {
    expect(address("/api/", "api")).toBe("https://www.example.com/api");
  });

  test("nothing is not filled in", () => {
    expect(() => address(undefined, "api")).toThrow(/api "" is not filled in/);
  });
});

test("segments behind an address are encoded", () => {
  expect(join("https://a.example/", "a b", "c/d")).toBe("https://a.example/a%20b/c%2Fd");
});
