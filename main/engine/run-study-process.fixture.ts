import type { RunRequest } from './run-contract.ts';
import { SCRIPTED_TRAINER } from './study-run.fixture.ts';
import { startStudyRunIn } from './start-study-run.ts';

/**
 * A whole engine as a process of its own, so that tests can kill it: runs the request in the environment variable
 * `HONE_RUN_REQUEST` with the scripted trainer, and sends its parent every event.
 */
const request = JSON.parse(process.env['HONE_RUN_REQUEST'] ?? '') as RunRequest;
const run = startStudyRunIn({ trainerEntry: SCRIPTED_TRAINER }, request, (event) => process.send?.(event));
await run.result;
process.disconnect();
