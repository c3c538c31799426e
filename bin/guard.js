/** Reports every abnormal end of a run with one line and an exit code: an uncaught error, an empty event loop, an early exit. */

const { writeSync } = require('node:fs');

const EXIT_BUG = 1;
const STANDARD_ERROR = 2;
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters must not reach a terminal
const UNSAFE = /[\u0000-\u001f\u007f-\u009f]+/g;

let isOver = false;

/** Used until the command line is loaded, which has a better printer. */
let print = printPlainly;

/** Sets the printer, which prints an error and sets the exit code. */
function printBy(printer) {
  print = printer;
}

/** Prints the lines and ends the process with the exit code. */
function endWith(code, ...lines) {
  isOver = true;
  for (const line of lines) writeLine(line);
  process.exit(code);
}

/** Runs until the promise resolves or rejects. Never rejects. */
async function guarded(run) {
  const end = (error) => {
    isOver = true;
    try {
      print(error);
    } catch {
      printPlainly(error);
    }
    process.exit(process.exitCode || EXIT_BUG);
  };
  process.on('uncaughtException', end);
  process.on('unhandledRejection', end);
  // the event loop is empty, so the run can never end: Node would exit with 13, or with 0
  process.on('beforeExit', () => {
    if (!isOver) end(new Error('the run stopped before its end: the event loop is empty'));
  });
  process.on('exit', (code) => {
    if (isOver || code > 128) return;
    writeLine(`error: this is a bug in completengine: the process exits with ${code} in the middle of the run`);
    process.exitCode = EXIT_BUG;
  });
  try {
    await run();
  } catch (error) {
    end(error);
  }
  isOver = true;
}

function printPlainly(error) {
  writeLine(`error: this is a bug in completengine: ${error instanceof Error ? error.stack : String(error)}`);
  process.exitCode = EXIT_BUG;
}

function writeLine(text) {
  try {
    writeSync(STANDARD_ERROR, `${text.replace(/\n\s*/g, ' ').replace(UNSAFE, '?')}\n`);
  } catch {
    // standard error is closed; the exit code remains
  }
}

module.exports = { endWith, guarded, printBy };
