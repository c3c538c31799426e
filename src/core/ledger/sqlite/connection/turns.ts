import { existsSync, type FSWatcher, mkdirSync, readdirSync, rmdirSync, unlinkSync, watch, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const BOUND_MS = Number(process.env["Q_BOUND"] ?? 100);
const SLICE_MS = Number(process.env["Q_SLICE"] ?? 0);
const OFF = process.env["Q_OFF"] === '1';

export class Turns {
  readonly #dir: string;
  #hasPassed = false;
  #since = 0;
  #timer: NodeJS.Timeout | undefined;
  begin(): void { if (this.#timer) { clearTimeout(this.#timer); this.#timer = undefined; } }
  #own: string | null = null;

  constructor(path: string) {
    this.#dir = `${path}-queue`;
  }

  /** Whether others are waiting, by the last look. */
  get mustQueue(): boolean {
    return this.#hasPassed && !OFF;
  }

  /** After a commit. */
  pass(): void {
    if (OFF) return;
    this.#hasPassed = false;
    if (!existsSync(this.#dir)) {
      this.#since = 0;
      return;
    }
    if (SLICE_MS > 0) {
      const now = performance.now();
      if (this.#since === 0) this.#since = now;
      if (now - this.#since < SLICE_MS) {
        this.#timer ??= setTimeout(() => { this.#timer = undefined; this.#since = 0; this.passNow(); }, 1);
        return;
      }
    }
    this.#since = 0;
    this.passNow();
  }

  passNow(): void {
    let names: string[];
    try { names = readdirSync(this.#dir).sort(); } catch { return; }
    for (const name of names) {
      if (name === this.#own) continue;
      try {
        unlinkSync(join(this.#dir, name));
        this.#hasPassed = true;
        return;
      } catch {}
    }
    try {
      rmdirSync(this.#dir);
    } catch {}
  }

  async inLine<R>(attempt: () => R, isBusy: (error: unknown) => boolean, deadline: number): Promise<R | undefined> {
    const name = `${process.hrtime.bigint().toString().padStart(20, '0')}-${process.pid}-${Math.floor(Math.random() * 1e6)}`;
    const file = join(this.#dir, name);
    this.#own = name;
    try {
    return await this.loop(file, attempt, isBusy, deadline);
    } finally { this.#own = null; }
  }

  async loop<R>(file: string, attempt: () => R, isBusy: (error: unknown) => boolean, deadline: number): Promise<R | undefined> {
    let mustTry = !this.#hasPassed;
    this.#hasPassed = false;
    for (;;) {
      const turn = this.#ticket(file);
      try {
        if (turn === null) return undefined;
        if (mustTry) {
          try {
            return attempt();
          } catch (error) {
            if (!isBusy(error)) throw error;
          }
        }
        mustTry = true;
        await turn.wait(BOUND_MS);
        stats[turn.granted ? 'granted' : 'bound']++;
      } finally {
        turn?.end();
      }
      try {
        return attempt();
      } catch (error) {
        stats.busy++;
        if (!isBusy(error) || performance.now() > deadline) throw error;
      }
    }
  }

  #ticket(file: string): Ticket | null {
    for (let i = 0; i < 5; i++) {
      try {
        writeFileSync(file, '', { flag: 'wx', mode: 0o600 });
        return new Ticket(file);
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'ENOENT') return null;
        try {
          mkdirSync(this.#dir, { mode: 0o700 });
        } catch {}
      }
    }
    return null;
  }
}

const stats = { granted: 0, bound: 0, busy: 0 };
if (process.env["Q_STATS"]) process.on('exit', () => console.error(stats));

class Ticket {
  readonly #file: string;
  readonly #watcher: FSWatcher | undefined;
  granted = false;
  #wake: () => void = () => {};

  constructor(file: string) {
    this.#file = file;
    try {
    this.#watcher = watch(file, () => {
      if (this.granted || existsSync(file)) return;
      this.granted = true;
      this.#wake();
    });
    this.#watcher.on('error', () => {});
    } catch {}
    // passed on between the two
    if (!existsSync(file)) this.granted = true;
  }

  wait(ms: number): Promise<void> {
    if (this.granted) return Promise.resolve();
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ms);
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  end(): void {
    this.#watcher?.close();
    if (this.granted) return;
    try {
      unlinkSync(this.#file);
    } catch {}
  }
}
