/** One file on its way, as Uppy's metadata holds it. */
import type { FailureKind } from "../core/failure.js";
import type { Asset } from "../core/types.js";
import type { SendProblem } from "./protocol.js";

export type Stage =
  /** Chosen, and not in Uppy's hands yet. */
  | "new"
  /** Waits for its turn. */
  | "queued"
  /** The API is asked for an upload. */
  | "creating"
  | "sending"
  /** Left from before: goes on when the visitor says so. */
  | "waiting"
  /** There is no place left for it. */
  | "held"
  | "failed"
  /** All is sent. */
  | "processing"
  | "ready";

export type Problem =
  | Exclude<FailureKind, "blocked">
  | Exclude<SendProblem, "blocked" | "foreign">
  /** The page's policy forbids the API. */
  | "blocked"
  /** The page's policy forbids the storage. */
  | "storage-blocked"
  /** The storage does not answer this page. */
  | "storage-foreign"
  /** The upload was cancelled or ended elsewhere. */
  | "ended"
  /** Mux could not make a video of the file. */
  | "no-video";

/** Where a restored file's bytes come from. */
export type Source = "here" | "copy" | "handle" | "choose";

export type Meta = {
  key: string;
  path: string;
  stage: Stage;
  problem: Problem | "";
  source: Source;
  uploadId: string;
  /** The storage does not answer at the moment. */
  broken: boolean;
  /** It had to begin anew, for what was sent before was gone. */
  anew: boolean;
  asset?: Asset | undefined;
};

export type Body = Record<string, unknown>;

/** What the page shows of a file. */
export interface Item extends Meta {
  /** Uppy's name for it. */
  id: string;
  name: string;
  size: number;
  sent: number;
  paused: boolean;
  file: Blob | undefined;
}

/** Problems after which the same or another try may succeed. */
const MENDABLE: readonly Problem[] = [
  "offline", "unreachable", "busy", "signed-out", "quota", "conflict", "failed", "expired", "rejected", "ended",
];

export const isMendable = ({ stage, problem }: Item): boolean => stage === "failed" && problem !== "" && MENDABLE.includes(problem);

/** Whether it is neither over nor waiting for the visitor. */
export const isActive = ({ stage, paused }: Item): boolean => !paused && ["new", "queued", "creating", "sending"].includes(stage);

/** Whether closing the page would leave something to be done. */
export const isPending = ({ stage, problem }: Item): boolean =>
  !["processing", "ready"].includes(stage) && !(stage === "failed" && ["no-video"].includes(problem));
