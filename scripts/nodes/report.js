/** Runs steps and reports their result and duration. A failed step does not stop the others. */

export class Report {
  #rows = [];

  /** Returns the result of the work, or undefined if it failed. */
  step(node, name, work) {
    const started = performance.now();
    let failure;
    let result;
    try {
      result = work();
    } catch (error) {
      failure = error;
    }
    const row = { node, name, seconds: (performance.now() - started) / 1000, failure };
    this.#rows.push(row);
    process.stderr.write(`${formatRow(row)}\n`);
    if (failure !== undefined) process.stderr.write(`${failure.message}\n`);
    return result;
  }

  /** Prints the table. Returns the exit code. */
  print() {
    const failed = this.#rows.filter(({ failure }) => failure !== undefined);
    const total = this.#rows.reduce((sum, { seconds }) => sum + seconds, 0);
    process.stdout.write(`\n${this.#rows.map(formatRow).join('\n')}\n`);
    process.stdout.write(
      `${failed.length === 0 ? 'all' : `${this.#rows.length - failed.length} of`} ${this.#rows.length} steps passed in ${total.toFixed(0)} s\n`,
    );
    return failed.length === 0 ? 0 : 1;
  }
}

function formatRow({ node, name, seconds, failure }) {
  const nodeText = node === 'all' ? 'all' : `Node ${node}`;
  return `${nodeText.padEnd(14)} ${name.padEnd(18)} ${failure === undefined ? 'ok    ' : 'FAILED'} ${seconds.toFixed(1).padStart(6)} s`;
}
