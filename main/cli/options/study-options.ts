/** Options of the commands that read a study. */
export interface StudyOptions {
  readonly storage?: string;
  readonly study?: string;
  readonly json?: boolean;
}
