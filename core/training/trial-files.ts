/** Names of the files that a trainer keeps in the folder of a trial. */

/** State after the last finished epoch, or inside an epoch after an interruption: all that a resume needs. */
export const CHECKPOINT_FILE = 'checkpoint.safetensors';

/** Weights of the epoch with the best objective value; scored on the test part. */
export const BEST_CHECKPOINT_FILE = 'best.safetensors';

/** What the best epoch predicted for each validation image; see {@link PredictionsFile}. */
export const PREDICTIONS_FILE = 'predictions.json';

/** Content of {@link PREDICTIONS_FILE}. */
export interface PredictionsFile {
  readonly epoch: number;
  readonly classes: readonly string[];
  readonly images: readonly ImagePrediction[];
}

/** One validation image. */
export interface ImagePrediction {
  /** Index into the dataset's images. */
  readonly image: number;
  readonly label: number;
  readonly predicted: number;
  /** Softmax over the classes, four decimals. */
  readonly probabilities: readonly number[];
}
