/** No run ends in silence: an error nobody caught, a run that waits for nothing, an exit in the middle of one. Each is one line and an exit code. */

const { writeSync } = require('node:fs');

const EXIT_BUG = 1;
const STANDARD_ERROR = 2;
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not reach a terminal
const UNSAFE = /[\u0000-\u001f\u007f-\u009f]+/g;

let isOver = false;

/** For what happens before the command line is loaded, which has a better one. */
let print = printPlainly;

/** `printer` takes the error, prints it, and sets the exit code. */
function printBy(printer) {
  print = printer;
}

/** Ends with a line of the caller's and an exit code. */
function endWith(code, ...lines) {
  isOver = true;
  for (const line of lines) writeLine(line);
  process.exit(code);
}

/** Runs to the end of the promise. Resolves; never rejects. */
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
  // the event loop is empty, so nothing can settle the run any more: Node would end with 13, or with 0
  process.on('beforeExit', () => {
    if (!isOver) end(new Error('the run has stopped before its end, and nothing is left that could continue it'));
  });
  process.on('exit', (code) => {
    if (isOver || code > 128) return;
    writeLine(`error: this is a bug of completengine: the process exits with ${code} in the middle of the run`);
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
  writeLine(`error: this is a bug of completengine: ${error instanceof Error ? error.stack : String(error)}`);
  process.exitCode = EXIT_BUG;
}

function writeLine(text) {
  try {
    writeSync(STANDARD_ERROR, `${text.replace(/\n\s*/g, ' ').replace(UNSAFE, '?')}\n`);
  } catch {
    // nobody is there to read it; the exit code remains
  }
}

module.exports = { endWith, guarded, printBy };
