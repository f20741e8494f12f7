/** Who is signed in: what elements hear when a session ends and is taken up again. */
import { describe, expect, it, vi } from "vitest";
import { MUX_HOSTS } from "../../src/core/playback.js";
import { Service } from "../../src/core/service.js";

const jwt = (sub: string): string => `e30.${btoa(JSON.stringify({ sub }))}.x`;

describe("Service", () => {
  it("says once that the session of the same owner goes on after its end", () => {
    const service = new Service("https://api.example", MUX_HOSTS);
    const heard: string[] = [];
    for (const type of ["owner", "ended", "resumed"] as const) service.on(type, () => heard.push(type));
    service.owner = "alice";
    service.owner = "alice";
    service.tell("ended", undefined);
    service.owner = "alice";
    service.owner = "alice";
    expect(heard).toEqual(["owner", "ended", "resumed"]);
    service.tell("ended", undefined);
    service.owner = "ben";
    service.owner = "ben";
    expect(heard.slice(3)).toEqual(["ended", "owner"]);
  });

  it("drops the token of a source that another one has replaced", async () => {
    const service = new Service("https://api.example", MUX_HOSTS);
    let late: (jwt: string) => void = () => undefined;
    service.tokens = () => new Promise((resolve) => (late = resolve));
    service.tokens = () => jwt("ben");
    await vi.waitFor(() => expect(service.owner).toBe("ben"));
    late(jwt("alice"));
    await new Promise((resolve) => setTimeout(resolve));
    expect(service.owner).toBe("ben");
  });
});
