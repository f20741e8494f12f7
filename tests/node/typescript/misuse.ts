// What the types must not let through. Each line ends with the error that the compiler has to report there.
import { connect } from "./client.js";

const videos = connect("https://api.example.com", "token");
const params = { path: { id: "Vb7KpLw2MxQe9Tz4RsN01Hc6YdJgFu8XiAo5Wm3EtCk" } };

await videos.POST("/uploads", { body: { cors_origin: "*" } }); // TS2353
await videos.POST("/uploads", { body: { playback_policy: "drm" } }); // TS2322
await videos.POST("/uploads", { body: { captions: "tlh" } }); // TS2322
await videos.POST("/uploads", { params: { header: { "Idempotency-Key": 1 } } }); // TS2322
await videos.POST("/assets", { body: { title: "No input" } }); // TS2741
await videos.POST("/assets", {}); // TS2345
await videos.GET("/assets/{id}"); // TS2554
await videos.GET("/assets/{id}", { params: { path: {} } }); // TS2741
await videos.GET("/assets", { params: { query: { status: "deleted" } } }); // TS2322
await videos.GET("/assets", { params: { query: { page: 2 } } }); // TS2353
await videos.GET("/asset", {}); // TS2345
await videos.PUT("/assets/{id}", { params }); // TS2345
await videos.PATCH("/assets/{id}", { params, body: { passthrough: "x" } }); // TS2353
await videos.POST("/assets/{id}/tracks", { params, body: { url: "https://x.example/en.vtt", type: "text" } }); // TS2741

const created = await videos.POST("/uploads");
if (created.data) new URL(created.data.data.url); // TS2345
if (created.error) created.error.error; // TS2339
const found = await videos.GET("/assets/{id}", { params });
found.data.data.id; // TS18048
if (found.data) found.data.data.owner; // TS2339
if (found.data) found.data.data.playback_ids[0]; // TS18048
