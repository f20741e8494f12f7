import { html, type TemplateResult } from "lit";
import { customElement } from "lit/decorators.js";
import { VideoElement } from "./parts/base.js";

@customElement("video-library")
export class VideoLibrary extends VideoElement {
  protected override render(): TemplateResult {
    return html``;
  }
}

declare global {
  interface HTMLElementTagNameMap {
    "video-library": VideoLibrary;
  }
}
