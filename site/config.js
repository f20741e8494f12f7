/** What this site has to know: the only file to fill in. `make run` serves one of its own in this place. */
export default {
  // Output ApiUrl of the stack.
  api: "https://EXAMPLE.execute-api.eu-central-1.amazonaws.com",
  // Outputs SignInIssuer and SignInClientId; with an issuer of your own, what JwtIssuer and JwtAudience name.
  issuer: "https://cognito-idp.eu-central-1.amazonaws.com/eu-central-1_EXAMPLE",
  clientId: "EXAMPLE",
  scope: "openid email profile",
  // Which token the API takes: id_token works with every issuer, access_token where its audience is right.
  token: "id_token",
  // Where the issuer sends visitors back to, such as "index.html" where a folder's address does not answer; "" for the folder.
  redirectUri: "",
  // The stack's parameter AdminGroup, if its members are to see everybody's videos here; "" for no such view.
  adminGroup: "",
  // Language of the subtitles that Mux writes for new videos, "auto" to find it out, "" for none.
  captions: "auto",
  // Where Mux delivers from: its own hosts, or your custom domains.
  stream: "https://stream.mux.com",
  image: "https://image.mux.com",
  // A Mux Data environment key, if views are to be counted; without one the player reports nothing to anybody.
  dataKey: "",
};
