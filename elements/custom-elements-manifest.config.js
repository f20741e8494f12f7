/** The manifest tells pages and editors what they may use: nothing private, and files as the package has them. */
const forUsers = {
  name: "for-users",
  packageLinkPhase({ customElementsManifest }) {
    for (const module of customElementsManifest.modules) {
      for (const declaration of module.declarations) {
        declaration.members = (declaration.members ?? []).filter(({ privacy = "public", static: ofClass }) => privacy === "public" && !ofClass);
      }
    }
    const text = JSON.stringify(customElementsManifest.modules);
    customElementsManifest.modules = JSON.parse(text, (_, value) => (typeof value === "string" ? inPackage(value) : value));
  },
};

/** The module of an entry is built to a file of its own; what they share has only types that a page can name. */
const inPackage = (path) =>
  path.replace(/^\/?src\/(video-[a-z]+)\.[jt]s$/, "dist/$1.js").replace(/^\/?src\/(parts\/[a-z-]+)\.[jt]s$/, "dist/types/$1.d.ts");

export default {
  globs: ["src/video-*.ts", "src/parts/base.ts"],
  outdir: ".",
  litelement: true,
  packagejson: false,
  plugins: [forUsers],
};
