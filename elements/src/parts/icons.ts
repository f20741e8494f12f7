/** The glyphs of the elements, drawn on a grid of 24. They say nothing to screen readers: the control around them has a name. */
import { svg, type SVGTemplateResult, html, type TemplateResult } from "lit";

const PATHS = {
  alert: svg`<path d="M12 8v5M12 16.5v.01M10.3 4.2 2.6 17.5A2 2 0 0 0 4.3 20.5h15.4a2 2 0 0 0 1.7-3L13.7 4.2a2 2 0 0 0-3.4 0Z"/>`,
  back: svg`<path d="M19 12H5M11 6l-6 6 6 6"/>`,
  check: svg`<path d="m5 12.5 4.5 4.5L19 7.5"/>`,
  chevron: svg`<path d="m6 9 6 6 6-6"/>`,
  close: svg`<path d="M6 6l12 12M18 6 6 18"/>`,
  code: svg`<path d="m8 7-5 5 5 5M16 7l5 5-5 5"/>`,
  copy: svg`<path d="M9 9h11v11H9zM15 9V4H4v11h5"/>`,
  download: svg`<path d="M12 4v11M7 11l5 5 5-5M4 20h16"/>`,
  edit: svg`<path d="M4 20h4L19.5 8.5a2.1 2.1 0 0 0-3-3L5 17l-1 3Z"/>`,
  film: svg`<rect x="3" y="5" width="18" height="14" rx="2.5"/><path d="m10.5 9.2 4.6 2.8-4.6 2.8Z"/>`,
  folder: svg`<path d="M3 7a2 2 0 0 1 2-2h4l2 2.5h8a2 2 0 0 1 2 2V17a2 2 0 0 1-2 2H5a2 2 0 0 1-2-2Z"/>`,
  globe: svg`<circle cx="12" cy="12" r="9"/><path d="M3 12h18M12 3c3 3 3 15 0 18M12 3c-3 3-3 15 0 18"/>`,
  link: svg`<path d="M10 14a4.5 4.5 0 0 0 6.4 0l3-3A4.5 4.5 0 0 0 13 4.6L12 5.7M14 10a4.5 4.5 0 0 0-6.4 0l-3 3A4.5 4.5 0 0 0 11 19.4l1-1.1"/>`,
  lock: svg`<rect x="5" y="11" width="14" height="9" rx="2"/><path d="M8 11V8a4 4 0 0 1 8 0v3"/>`,
  more: svg`<path d="M5 12h.01M12 12h.01M19 12h.01"/>`,
  pause: svg`<path d="M9 6v12M15 6v12"/>`,
  play: svg`<path d="M8 5.5v13l10.5-6.5Z"/>`,
  plus: svg`<path d="M12 5v14M5 12h14"/>`,
  retry: svg`<path d="M4 12a8 8 0 1 0 2.6-5.9L4 8.5M4 4v4.5h4.5"/>`,
  search: svg`<circle cx="11" cy="11" r="6.5"/><path d="m16 16 4.5 4.5"/>`,
  sound: svg`<path d="M4 10v4M8 7v10M12 4v16M16 8v8M20 10v4"/>`,
  trash: svg`<path d="M4.5 7h15M10 7V4.5h4V7M6.5 7l1 12.5h9l1-12.5M10.5 11v5M13.5 11v5"/>`,
  upload: svg`<path d="M12 20V9M7 13l5-5 5 5M4 4h16"/>`,
  user: svg`<circle cx="12" cy="8" r="4"/><path d="M4.5 20.5a7.5 7.5 0 0 1 15 0"/>`,
} satisfies Record<string, SVGTemplateResult>;

export type Icon = keyof typeof PATHS;

export const icon = (name: Icon): TemplateResult =>
  html`<svg class="glyph" viewBox="0 0 24 24" aria-hidden="true">${PATHS[name]}</svg>`;
