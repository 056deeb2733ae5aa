import type { Pruner } from '../../core/pruners/base.ts';
import type { RunRecords } from '../../core/storage/run-records.ts';
import type { Study } from '../../core/study/study.ts';
import type { DatasetPreparation } from './dataset-preparation.ts';
import type { StudyPaths } from './paths.ts';
import type { RunEvent } from './run-contract.ts';
import type { StudyConfig } from './study-config.ts';
import type { TrainerPool } from './trainer-pool.ts';

/** What every part of one run works with, from the moment the study is open until the run's end. */
export interface RunContext {
  readonly study: Study;
  readonly records: RunRecords;
  readonly pruner: Pruner;
  readonly config: StudyConfig;
  readonly dataset: DatasetPreparation;
  readonly pool: TrainerPool;
  readonly paths: StudyPaths;
  readonly emit: (event: RunEvent) => void;
}
