// JSON secrets, remembered for five minutes.
import { GetSecretValueCommand, SecretsManagerClient } from "@aws-sdk/client-secrets-manager";

const client = new SecretsManagerClient({ maxAttempts: Number(process.env.AWS_CALL_ATTEMPTS ?? 2) });
const remembered = new Map();

export async function secret(arn) {
  const last = remembered.get(arn);
  if (last && last.until > Date.now()) return last.value;
  const answer = await client.send(new GetSecretValueCommand({ SecretId: arn }));
  const value = JSON.parse(answer.SecretString);
  remembered.set(arn, { value, until: Date.now() + 300_000 });
  return value;
}
