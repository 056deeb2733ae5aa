import { afterEach, beforeEach, describe } from 'vitest';
import type { Connections } from './contract/connections.ts';
import { declareStudyContract } from './contract/studies.contract.ts';
import { declareSummaryContract } from './contract/summaries.contract.ts';
import { declareCreationContract, declareWaitingContract } from './contract/trial-creation.contract.ts';
import { declareParamContract } from './contract/trial-params.contract.ts';
import { declareReadingContract, declareWritingContract } from './contract/trial-writes.contract.ts';

/** A storage under test. */
export interface StorageFixture extends Connections {
  /** Closes both connections and removes what they left. */
  close(): Promise<void>;
}

const PARTS = [
  { name: 'studies', declare: declareStudyContract },
  { name: 'summaries', declare: declareSummaryContract },
  { name: 'new trials', declare: declareCreationContract },
  { name: 'waiting trials', declare: declareWaitingContract },
  { name: 'parameters', declare: declareParamContract },
  { name: 'reports, values and attributes', declare: declareWritingContract },
  { name: 'lists of trials', declare: declareReadingContract },
];

/** Declares the tests that every `Storage` passes. */
export function declareStorageContract(name: string, open: () => Promise<StorageFixture>): void {
  describe(`${name} keeps the storage contract`, () => {
    let fixture: StorageFixture;
    beforeEach(async () => {
      fixture = await open();
    });
    afterEach(() => fixture.close());

    describe.each(PARTS)('$name', ({ declare }) => {
      declare(() => fixture);
    });
  });
}
