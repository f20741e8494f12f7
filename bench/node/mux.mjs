// The Mux client, made once per token.
import Mux from "@mux/mux-node";
import { secret } from "./secrets.mjs";

let made;

export async function mux() {
  const token = await secret(process.env.MUX_TOKEN_SECRET_ARN);
  if (made?.tokenId !== token.token_id)
    made = new Mux({
      baseURL: process.env.MUX_API_URL,
      tokenId: token.token_id,
      tokenSecret: token.token_secret,
      maxRetries: 1,
      timeout: 8000,
    });
  return made;
}
