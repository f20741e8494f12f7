/** A frame of a film on this device, drawn on a canvas of its own. */
import { pause, SECOND } from "../core/time.js";

const WIDTH = 160;
const HEIGHT = 90;
const PATIENCE_MS = 6 * SECOND;
const BEGINNING_S = 1;

let last: Promise<unknown> = Promise.resolve();

/** One film at a time; undefined where the browser cannot show one. */
export function pictureOf(file: Blob, signal: AbortSignal): Promise<HTMLCanvasElement | undefined> {
  const turn = last.then(() => (signal.aborted ? undefined : drawn(file)));
  last = turn;
  return turn;
}

async function drawn(file: Blob): Promise<HTMLCanvasElement | undefined> {
  if (file.type.startsWith("audio/")) return undefined;
  const url = URL.createObjectURL(file);
  const video = document.createElement("video");
  try {
    video.muted = true;
    video.preload = "auto";
    video.playsInline = true;
    const frame = new Promise<boolean>((resolve) => {
      video.onloadeddata = () => {
        video.onseeked = () => resolve(true);
        video.currentTime = Math.min(BEGINNING_S, (video.duration || 0) / 3);
      };
      video.onerror = () => resolve(false);
    });
    video.src = url;
    if (!(await Promise.race([frame, pause(PATIENCE_MS).then(() => false)])) || !video.videoWidth) return undefined;
    const canvas = document.createElement("canvas");
    canvas.width = WIDTH;
    canvas.height = HEIGHT;
    const scale = Math.max(WIDTH / video.videoWidth, HEIGHT / video.videoHeight);
    const [width, height] = [video.videoWidth * scale, video.videoHeight * scale];
    canvas.getContext("2d")?.drawImage(video, (WIDTH - width) / 2, (HEIGHT - height) / 2, width, height);
    return canvas;
  } catch {
    return undefined;
  } finally {
    video.removeAttribute("src");
    video.load();
    URL.revokeObjectURL(url);
  }
}
