/** Who is signed in: what elements hear when a session ends and is taken up again. */
import { describe, expect, it } from "vitest";
import { MUX_HOSTS } from "../../src/core/playback.js";
import { Service } from "../../src/core/service.js";

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
});
