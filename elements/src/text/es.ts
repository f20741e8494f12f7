import { en } from "./en.js";
import type { Texts } from "./index.js";

export const es: Texts = { ...en };
