import { type Disk } from "../../src/io/ports.ts";

/** How many files of the disk are open, of those that are opened from now on. */
export function countOpenFiles(disk: Disk): { count: number } {
  const files = { count: 0 };
  const open = disk.open.bind(disk);
  disk.open = (path, mode) => {
    const file = open(path, mode);
    const close = file.close.bind(file);
    files.count++;
    file.close = () => {
      files.count--;
      close();
    };
    return file;
  };
  return files;
}
