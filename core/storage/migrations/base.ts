/** One step of the tables that Hone keeps beside Optuna's. Optuna's own tables are never touched. */
export interface Migration {
  /** 1, 2, 3 … without gaps. */
  readonly version: number;
  readonly name: string;
  /** SQL statements without parameters, run in order in one transaction. */
  readonly statements: readonly string[];
}
