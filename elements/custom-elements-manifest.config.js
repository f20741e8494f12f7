export default {
  globs: ["src/video-*.ts", "src/parts/base.ts"],
  outdir: ".",
  litelement: true,
  packagejson: false,
};
