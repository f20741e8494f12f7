/** The API's objects, named. The schema is generated from openapi.yaml. */
import type { components } from "./schema.js";

type Schemas = components["schemas"];

export type Asset = Schemas["Asset"];
export type PublishedAsset = Schemas["PublishedAsset"];
export type Upload = Schemas["Upload"];
export type CreatedUpload = Schemas["CreatedUpload"];
export type Track = Schemas["Track"];
export type BatchTokens = Schemas["BatchTokens"];
export type Visibility = Schemas["Visibility"];
export type SubtitleLanguage = Schemas["SubtitleLanguage"];
export type AssetStatus = Schemas["AssetStatus"];

export interface Page<T> {
  data: T[];
  next_cursor: string | null;
}

/** `GET /usage`: what the owner has, and how much they may have; a limit of null is none. */
export interface Usage {
  assets: Measure;
  open_uploads: Measure;
  uploads_last_24_hours: Measure;
}

export interface Measure {
  count: number;
  limit: number | null;
}
