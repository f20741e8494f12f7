/** Loads Mux's components unchanged: the same bytes from a CDN or from node_modules, checked by their hash. */

const COMPONENTS = {
  "mux-player": [
    "@mux/mux-player@3.14.0/dist/mux-player.js",
    "sha384-RjbgI7s9y7fLrFpckJIrG2S3LWPybGAEJh+do/hy1U7gYBAx7thBxmw0Qq+h9HM8",
  ],
  "mux-uploader": [
    "@mux/mux-uploader@1.5.0/dist/mux-uploader.js",
    "sha384-EmMHCQR9yqS3o+5w5YH9Z5xe5LMIbYKWfhX7BBbqsN+YP/eUgSspHsXFXou0pvr8",
  ],
};
const CDN = "https://cdn.jsdelivr.net/npm/";
const loading = new Map();

/** Resolves once the element `name` is defined. `base` is where npm packages lie: `base/NAME@VERSION/FILE`. */
export function load(name, base = CDN) {
  if (!loading.has(name)) loading.set(name, appended(name, base));
  return loading.get(name);
}

function appended(name, base) {
  const [path, integrity] = COMPONENTS[name];
  return new Promise((resolve, reject) => {
    const script = document.createElement("script");
    script.src = new URL(path, new URL(base, document.baseURI));
    script.integrity = integrity;
    script.crossOrigin = "anonymous";
    script.onload = () => resolve();
    script.onerror = () => {
      loading.delete(name);
      script.remove();
      reject(new Error(`${name} could not be loaded. Reload the page to try again.`));
    };
    document.head.append(script);
  });
}
