/** Files that a visitor gave: chosen, dropped or pasted, with what lies in folders. */

export interface Chosen {
  file: File;
  /** Path inside a folder; "" for a file that was given on its own. */
  path: string;
  /** Opens the file again another day, where the browser has such a thing. */
  handle?: FileSystemFileHandle;
}

interface Handles {
  getAsFileSystemHandle?: () => Promise<FileSystemHandle | null>;
}

interface Directory {
  entries: () => AsyncIterable<[string, FileSystemHandle]>;
}

/** Whether files are dragged, and not text or a link. */
export const hasFiles = (transfer: DataTransfer | null): boolean => Boolean(transfer && Array.from(transfer.types).includes("Files"));

export const chosenOf = (files: Iterable<File>): Chosen[] =>
  Array.from(files, (file) => ({ file, path: file.webkitRelativePath || "" }));

/** What was dropped or pasted. The transfer is read at once; it is empty after the event. */
export function transferred(transfer: DataTransfer): Promise<Chosen[]> {
  const items = Array.from(transfer.items).filter(({ kind }) => kind === "file");
  if (items.length === 0) return Promise.resolve(chosenOf(Array.from(transfer.files)));
  return Promise.all(
    items.map((item) => {
      const handle = (item as Handles).getAsFileSystemHandle?.().catch(() => null);
      return given(handle ?? Promise.resolve(null), item.webkitGetAsEntry(), item.getAsFile());
    }),
  ).then((lists) => lists.flat());
}

async function given(handed: Promise<FileSystemHandle | null>, entry: FileSystemEntry | null, file: File | null): Promise<Chosen[]> {
  const handle = await handed;
  if (handle) {
    try {
      return await ofHandle(handle, "");
    } catch {
      // The other ways remain.
    }
  }
  if (entry?.isDirectory) return ofEntry(entry, "");
  return file ? [{ file, path: "" }] : [];
}

async function ofHandle(handle: FileSystemHandle, folder: string): Promise<Chosen[]> {
  if (handle.kind === "file") {
    const own = handle as FileSystemFileHandle;
    return [{ file: await own.getFile(), path: folder && `${folder}/${handle.name}`, handle: own }];
  }
  const found: Chosen[] = [];
  const inside = folder ? `${folder}/${handle.name}` : handle.name;
  for await (const [, inner] of (handle as unknown as Directory).entries()) found.push(...(await ofHandle(inner, inside)));
  return found;
}

async function ofEntry(entry: FileSystemEntry, folder: string): Promise<Chosen[]> {
  const path = folder ? `${folder}/${entry.name}` : entry.name;
  if (entry.isFile) {
    const file = await new Promise<File | null>((resolve) => (entry as FileSystemFileEntry).file(resolve, () => resolve(null)));
    return file ? [{ file, path }] : [];
  }
  const found: Chosen[] = [];
  const reader = (entry as FileSystemDirectoryEntry).createReader();
  // A reader answers a part of the folder at a time, and nothing at the end.
  for (;;) {
    const part = await new Promise<FileSystemEntry[]>((resolve) => reader.readEntries(resolve, () => resolve([])));
    if (part.length === 0) return found;
    for (const inner of part) found.push(...(await ofEntry(inner, path)));
  }
}
