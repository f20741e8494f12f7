/** One file on its way: its upload, its mux-uploader, its line in the list of a <video-uploader>. */
import { connect, poll, sentence } from "./api.js";
import { load } from "./components.js";
import { busy, el, find } from "./dom.js";
import { steady } from "./steady.js";
import { Turns } from "./turns.js";

// Mux and the API take few new uploads at once, and files that share a line are not there sooner.
const turns = new Turns(3);
const OPEN_UPLOAD = ["waiting", "asset_created"];

export class Sending {
  #page;
  #file;
  #call;
  #upload;
  #key = crypto.randomUUID();
  #refusal;
  #sender;
  #pace;
  #endTurn;
  #dismissed = false;

  constructor(page, file) {
    this.#page = page;
    this.#file = file;
    this.#call = connect(page.getAttribute("api"), (renew) => page.token(renew));
    this.bar = el("progress", { max: 100, value: 0, "aria-label": `Sending ${file.name}` });
    this.text = el("p", { role: "status" });
    this.pause = el("button", { type: "button", hidden: true, onclick: () => this.#togglePause() }, "Pause");
    this.retry = el("button", { type: "button", hidden: true, onclick: () => this.#send() }, "Try again");
    this.cancel = el("button", { type: "button", onclick: () => busy(this.cancel, () => this.#end()) }, "Cancel");
    const name = el("strong", {}, file.name);
    this.line = el("li", { part: "item" }, name, this.bar, this.text, el("div", {}, this.pause, this.retry, this.cancel));
    find("ul", page.shadowRoot).append(this.line);
    this.#send();
  }

  async #send() {
    this.#show(turns.full ? "Waiting for the files before it…" : "Getting ready…", { sending: true });
    this.#endTurn = await turns.take();
    if (this.#dismissed) return this.#endTurn();
    this.#show("Getting ready…", { sending: true });
    try {
      await load("mux-uploader", this.#page.getAttribute("components") ?? undefined);
    } catch (error) {
      return this.#fail(error.message);
    }
    this.#sender?.remove();
    this.#sender = this.#muxUploader();
    this.line.append(this.#sender);
    this.#sender.dispatchEvent(new CustomEvent("file-ready", { detail: this.#file }));
  }

  /** Mux's element does the sending; its own texts stay away, for it shows them as HTML. */
  #muxUploader() {
    const chunks = this.#page.getAttribute("chunk-size") ?? "5120";
    const without = { "no-drop": true, "no-progress": true, "no-status": true, "no-retry": true };
    const sender = el("mux-uploader", { ...without, "chunk-size": chunks });
    sender.endpoint = () => this.#url();
    sender.addEventListener("uploadstart", () => {
      this.#pace = steady(sender.upload);
      sender.upload.on("attemptFailure", () => this.#show("The connection is broken. Trying again…", { sending: true }));
    });
    sender.addEventListener("progress", ({ detail }) => this.#progress(detail));
    sender.addEventListener("offline", () => this.#show("You are offline. It goes on by itself later.", { sending: true }));
    sender.addEventListener("uploaderror", () => this.#refused());
    sender.addEventListener("success", () => this.#follow());
    return sender;
  }

  async #url() {
    const [captions, policy] = ["captions", "policy"].map((name) => this.#page.getAttribute(name));
    const title = this.#file.name.replace(/\.\w+$/, "").replace(/[\p{Cc}\p{Cs}]/gu, " ").slice(0, 512) || "Untitled";
    const wish = { title, ...(captions && { captions }), ...(policy && { playback_policy: policy }) };
    try {
      this.#upload ??= (await this.#call("POST", "/uploads", wish, { headers: { "Idempotency-Key": this.#key } })).data;
      this.#pace?.begun();
      return this.#upload.url;
    } catch (error) {
      this.#refusal = error.message;
      throw error;
    }
  }

  #progress(percent) {
    this.bar.value = percent;
    this.pause.hidden = false;
    if (!this.#pace.held && navigator.onLine) this.#show(`${Math.floor(percent)} % sent`, { sending: true });
  }

  #togglePause() {
    this.#pace.hold(!this.#pace.held);
    this.pause.textContent = this.#pace.held ? "Resume" : "Pause";
    this.#show(this.#pace.held ? "Paused" : "Going on…", { sending: true });
  }

  /** The API did not give a URL, or Mux does not take any more at this one: the next try gets a new one. */
  #refused() {
    this.#pace?.stop();
    if (!this.#refusal) [this.#upload, this.#key] = [undefined, crypto.randomUUID()];
    this.#fail(this.#refusal ?? "The upload broke off.");
    this.#refusal = undefined;
  }

  /** All is sent. Whether it became a video is known when the API says so. */
  async #follow() {
    this.#endTurn();
    this.bar.removeAttribute("value");
    this.#show("Processing…");
    try {
      await poll(async () => this.#arrived((await this.#call("GET", `/uploads/${this.#upload.id}`)).data));
    } catch (error) {
      this.#fail(error.message, false);
    }
  }

  #arrived({ status, asset, error }) {
    if (asset) this.#tell("asset", asset);
    if (asset?.status === "ready") {
      this.#tell("ready", asset);
      this.line.remove();
    } else if (asset?.status === "errored") {
      this.#tell("failed", asset);
      this.#fail(sentence(asset.errors?.messages) || "This file could not be made into a video.", false);
    } else if (asset || OPEN_UPLOAD.includes(status)) {
      return false;
    } else {
      this.#fail(sentence(error?.messages) || "This upload has ended without a video.", false);
    }
    return true;
  }

  #fail(message, again = true) {
    this.#endTurn?.();
    this.bar.hidden = true;
    this.#show(message, { failed: true, again });
  }

  async #end() {
    this.#pace?.stop();
    try {
      if (this.#upload && this.line.hasAttribute("data-sending")) await this.#call("DELETE", `/uploads/${this.#upload.id}`);
      this.#dismissed = true;
      this.#endTurn?.();
      this.line.remove();
    } catch (error) {
      this.#fail(error.message, false);
    }
  }

  #show(text, { sending = false, failed = false, again = false } = {}) {
    if (this.text.textContent !== text) this.text.textContent = text;
    this.line.toggleAttribute("data-sending", sending);
    this.line.toggleAttribute("data-failed", failed);
    this.bar.hidden = failed;
    this.retry.hidden = !again;
    if (!sending) this.pause.hidden = true;
    this.cancel.hidden = !sending && !failed;
    this.cancel.textContent = sending ? "Cancel" : "Dismiss";
  }

  #tell(type, detail) {
    this.#page.dispatchEvent(new CustomEvent(type, { detail }));
  }
}
