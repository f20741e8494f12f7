/** All elements, and what a page's own script may use beside them. */
export { configure, type Settings } from "./core/service.js";
export { Failure, type FailureKind } from "./core/failure.js";
export type { Asset, PublishedAsset, Upload, Visibility } from "./core/types.js";
export type { SomeTexts, Texts } from "./text/index.js";
export { VideoAccount } from "./video-account.js";
export { VideoEditor } from "./video-editor.js";
export { VideoGallery } from "./video-gallery.js";
export { VideoLibrary } from "./video-library.js";
export { VideoUploader } from "./video-uploader.js";
export { VideoView } from "./video-view.js";
