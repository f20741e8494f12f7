/** One tab at a time works on a file: by Web Locks, which end with their tab. Without them each tab works on its own. */

const held = new Map<string, () => void>();

const nameOf = (key: string): string => `video-uploads:${key}`;

/** False when another tab, or another element of this page, has it. */
export function claim(key: string): Promise<boolean> {
  if (held.has(key)) return Promise.resolve(false);
  held.set(key, () => undefined);
  if (!navigator.locks) return Promise.resolve(true);
  return new Promise((resolve) => {
    navigator.locks
      .request(nameOf(key), { ifAvailable: true }, (lock) => {
        if (!lock) {
          held.delete(key);
          return resolve(false);
        }
        return new Promise<void>((release) => {
          held.set(key, release);
          resolve(true);
        });
      })
      .catch(() => resolve(true));
  });
}

export function release(key: string): void {
  held.get(key)?.();
  held.delete(key);
}
