/**
 * A disk that keeps no more than POSIX promises. A file has what was written before its last completed sync, a directory the names from before its own.
 * Of everything after that any part may be there, and {@link Survivors} chooses it.
 */

import { basename, dirname } from 'node:path';
import { FileModel, type Survivors } from './file-model.ts';
import type { Call } from './recording.ts';

/** Content of a file after a power cut; one object for all names of the file. */
export interface FileImage {
  readonly content: Buffer;
}

/** Names of a directory after a power cut. */
export type DirectoryImage = ReadonlyMap<string, FileImage | DirectoryImage>;

export interface DiskImage {
  readonly root: DirectoryImage;
  /** How many changes were not synced, and whether one of them is missing or incomplete in the image. */
  readonly pending: number;
  readonly isReduced: boolean;
}

type Node = FileModel | DirectoryModel;

/** Names that one call sets, null for one that it removes: a rename does both, and survives as a whole or not at all. */
interface NameChange {
  readonly call: number;
  readonly names: readonly (readonly [name: string, node: Node | null])[];
}

class DirectoryModel {
  readonly #durable = new Map<string, Node>();
  readonly #present = new Map<string, Node>();
  #pending: NameChange[] = [];

  get(name: string): Node | undefined {
    return this.#present.get(name);
  }

  nodes(): Node[] {
    return [...this.#present.values()];
  }

  get pending(): number {
    return this.#pending.length;
  }

  /** Whether something here or below waits for a sync. Where no name does, those that are there are those on the disk. */
  get hasPending(): boolean {
    return this.#pending.length > 0 || this.nodes().some((node) => node.hasPending);
  }

  change(call: number, names: NameChange['names']): void {
    this.#pending.push({ call, names });
    apply(this.#present, names);
  }

  sync(): void {
    for (const { names } of this.#pending) apply(this.#durable, names);
    this.#pending = [];
  }

  survived(survivors: Survivors): { readonly names: Map<string, Node>; readonly isReduced: boolean } {
    const names = new Map(this.#durable);
    let isReduced = false;
    for (const change of this.#pending) {
      if (survivors.keepsName(change.call)) apply(names, change.names);
      else isReduced = true;
    }
    return { names, isReduced };
  }
}

function apply(names: Map<string, Node>, changes: NameChange['names']): void {
  for (const [name, node] of changes) {
    if (node === null) names.delete(name);
    else names.set(name, node);
  }
}

export class DiskModel {
  readonly #root = new DirectoryModel();
  readonly #files = new Map<number, FileModel>();
  #calls = 0;

  /** The disk after the first `cut` calls. */
  static after(calls: readonly Call[], cut: number): DiskModel {
    const disk = new DiskModel();
    for (let at = 0; at < cut; at++) disk.apply(calls[at] as Call);
    return disk;
  }

  /** @throws Error for a call that does not fit what came before it */
  apply(call: Call): void {
    const number = this.#calls++;
    switch (call.kind) {
      case 'create': {
        // the number of a file that was removed may be used again
        const file = new FileModel();
        this.#files.set(call.file, file);
        return this.#setName(number, call.path, file);
      }
      case 'write':
        return this.#file(call).write(number, call.offset, call.data);
      case 'size':
        return this.#file(call).resize(number, call.bytes);
      case 'sync': {
        const file = this.#file(call);
        if (call.end === 'synced') file.sync();
        else if (call.end === 'failed') file.failSync();
        return;
      }
      case 'sync directory':
        if (call.end === 'synced') this.#directory(call.path).sync();
        return;
      case 'mkdir':
        return this.#setName(number, call.path, new DirectoryModel());
      case 'unlink':
      case 'rmdir':
        return this.#setName(number, call.path, null);
      case 'link':
        return this.#setName(number, call.to, this.#node(call.path));
      case 'rename':
        return this.#rename(number, call.path, call.to);
      case 'start':
        return this.#makeDurable();
      case 'failed':
      case 'output':
      case 'begin':
      case 'end':
        return;
    }
  }

  get hasPending(): boolean {
    return this.#root.hasPending;
  }

  /** What a power cut leaves of it now. */
  cut(survivors: Survivors): DiskImage {
    const images = new Map<FileModel, FileImage>();
    let pending = 0;
    let isReduced = false;
    const imageOf = (file: FileModel): FileImage => {
      const known = images.get(file);
      if (known !== undefined) return known;
      pending += file.pending;
      const survived = file.survived(survivors);
      isReduced ||= survived.isReduced;
      const image = { content: survived.content };
      images.set(file, image);
      return image;
    };
    const treeOf = (directory: DirectoryModel): DirectoryImage => {
      pending += directory.pending;
      const survived = directory.survived(survivors);
      isReduced ||= survived.isReduced;
      const image = new Map<string, FileImage | DirectoryImage>();
      for (const [name, node] of survived.names)
        image.set(name, node instanceof FileModel ? imageOf(node) : treeOf(node));
      return image;
    };
    const root = treeOf(this.#root);
    return { root, pending, isReduced };
  }

  #setName(call: number, path: string, node: Node | null): void {
    this.#directory(parentOf(path)).change(call, [[basename(path), node]]);
  }

  #rename(call: number, from: string, to: string): void {
    const node = this.#node(from);
    if (parentOf(from) !== parentOf(to)) {
      this.#setName(call, to, node);
      return this.#setName(call, from, null);
    }
    this.#directory(parentOf(to)).change(call, [
      [basename(to), node],
      [basename(from), null],
    ]);
  }

  #makeDurable(): void {
    const syncAll = (directory: DirectoryModel): void => {
      directory.sync();
      for (const node of directory.nodes()) {
        if (node instanceof DirectoryModel) syncAll(node);
        else node.sync();
      }
    };
    syncAll(this.#root);
  }

  #file({ file, path }: { readonly file: number; readonly path: string }): FileModel {
    const found = this.#files.get(file);
    if (found === undefined) throw new Error(`the recording does not begin before ${path} was made`);
    return found;
  }

  #node(path: string): Node {
    if (path === '') return this.#root;
    const parent = this.#node(parentOf(path));
    const node = parent instanceof DirectoryModel ? parent.get(basename(path)) : undefined;
    if (node === undefined) throw new Error(`there is no ${path} in the recording`);
    return node;
  }

  #directory(path: string): DirectoryModel {
    const node = this.#node(path);
    if (node instanceof FileModel) throw new Error(`${path} is no directory in the recording`);
    return node;
  }
}

function parentOf(path: string): string {
  const parent = dirname(path);
  return parent === '.' ? '' : parent;
}
