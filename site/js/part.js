/** Loads a part of the site when it is needed: part(import("./video.js")). A failure is a sentence for people. */
export async function part(loading) {
  try {
    return await loading;
  } catch (cause) {
    const said = "A part of this page could not be loaded. Check your connection and try again.";
    throw Object.assign(new Error(said, { cause }), { temporary: true });
  }
}
