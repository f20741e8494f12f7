import { defineConfig } from "vite";

const elements = ["video-account", "video-editor", "video-gallery", "video-library", "video-uploader", "video-view"];

export default defineConfig({
  build: {
    target: "es2022",
    outDir: "dist",
    sourcemap: false,
    lib: {
      entry: Object.fromEntries(["index", ...elements].map((name) => [name, `src/${name}.ts`])),
      formats: ["es"],
    },
    rolldownOptions: {
      output: { entryFileNames: "[name].js", chunkFileNames: "chunks/[name]-[hash].js" },
    },
    minify: true,
    license: { fileName: "THIRD-PARTY-LICENSES.md" },
  },
});
