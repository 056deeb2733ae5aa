/**
 * `npm run -s conformance -- CASE.json …`: run recorded cases and print a line of JSON for each, either
 * `{"case": NAME, "trace": …}` or `{"case": NAME, "error": "…"}`.
 */
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { setLogger } from './base/logging.ts';
import { toPythonJson } from './base/python-json.ts';
import { runCase } from './conformance/run-case.ts';

// What the cases do on purpose (failing trials, values out of range) is not worth a remark.
setLogger({ info() {}, warn() {} });

for (const file of process.argv.slice(2)) {
  const name = toPythonJson(path.basename(file, '.json'));
  try {
    console.log(`{"case": ${name}, "trace": ${await runCase(await readFile(file, 'utf8'))}}`);
  } catch (error) {
    console.log(`{"case": ${name}, "error": ${toPythonJson(String(error))}}`);
  }
}
