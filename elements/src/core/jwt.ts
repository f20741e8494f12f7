/** Reads a JWT's claims without checking it: the page uses them as a name for things, never as a proof. */

/** The claims; null when this is no JWT. */
export function claimsOf(jwt: string): Record<string, unknown> | null {
  try {
    const part = (jwt.split(".")[1] ?? "").replaceAll("-", "+").replaceAll("_", "/");
    const bytes = Uint8Array.from(atob(part), (character) => character.charCodeAt(0));
    const claims: unknown = JSON.parse(new TextDecoder().decode(bytes));
    return typeof claims === "object" && claims !== null ? (claims as Record<string, unknown>) : null;
  } catch {
    return null;
  }
}

/** Whether one of the claims is this text or lists it, such as the name of a group. */
export const claimsHold = (claims: Record<string, unknown>, text: string): boolean =>
  Object.values(claims).some((claim) => claim === text || (Array.isArray(claim) && claim.includes(text)));

/** The `sub` claim, "" without one. */
export function subjectOf(jwt: string): string {
  const sub = claimsOf(jwt)?.["sub"];
  return typeof sub === "string" ? sub : "";
}
