const [major = 0] = process.versions.node.split('.').map(Number);

/**
 * V8 of Node 20 optimizes a function after this many bytes of its code have run, 15 times as many as by default: the compiler took 12 % of the processor
 * time of the suite, in processes that end before most of it pays. Measured: 4 to 8 % less time in all. Later versions have no such flag. It is for
 * processes that compile anyway, or that run for long: V8 refuses the cached code of the command line, and of its threads, which was made without the flag.
 */
export const OPTIMIZE_LATER: readonly string[] = major < 22 ? ['--interrupt-budget=1000000'] : [];
