/**
 * <video-uploader api="https://…" captions="en">: takes files, sends them to Mux with @mux/mux-uploader, and says when
 * they can be watched. Its property `token` is a function that answers the visitor's JWT. Events, each with the asset as
 * its detail: `asset` at every change, `ready`, `failed`. Attributes: `api`, `captions`, `policy`, `components`, `chunk-size`.
 */
import { el, find } from "./js/dom.js";
import { part } from "./js/part.js";

class VideoUploader extends HTMLElement {
  token = async () => "";

  connectedCallback() {
    if (this.shadowRoot) return;
    const input = el("input", { type: "file", accept: "video/*,audio/*", multiple: true, id: "files", class: "sr" });
    input.addEventListener("change", () => {
      this.add(input.files);
      input.value = "";
    });
    this.attachShadow({ mode: "open" }).append(
      el("link", { rel: "stylesheet", href: new URL("video-uploader.css", import.meta.url) }),
      el(
        "div",
        { class: "drop", part: "drop" },
        input,
        el("label", { for: "files", class: "choose", part: "button" }, "Choose videos"),
        el("p", {}, "or drop them here"),
      ),
      el("p", { role: "alert" }),
      el("ul", { part: "list", "aria-label": "Uploads" }),
    );
    this.#acceptDrops(find(".drop", this.shadowRoot));
    // Whoever leaves now loses what is under way.
    addEventListener("beforeunload", (event) => this.sending && event.preventDefault());
  }

  /** How many files are being sent. */
  get sending() {
    return this.shadowRoot.querySelectorAll("li[data-sending]").length;
  }

  /** Begin to send files. How that is done is loaded with the first one. */
  async add(files) {
    // An input or a drop may forget its list meanwhile.
    const chosen = [...files];
    const trouble = find("[role=alert]", this.shadowRoot);
    try {
      const { Sending } = await part(import("./js/sending.js"));
      for (const file of chosen) new Sending(this, file);
      trouble.textContent = "";
    } catch (error) {
      trouble.textContent = error.message;
    }
  }

  #acceptDrops(zone) {
    const marks = { dragenter: true, dragover: true, dragleave: false, drop: false };
    for (const [type, over] of Object.entries(marks)) {
      zone.addEventListener(type, (event) => {
        event.preventDefault();
        zone.classList.toggle("over", over);
        if (type === "drop") this.add(event.dataTransfer.files);
      });
    }
  }
}

customElements.define("video-uploader", VideoUploader);
